"""What a member, and a moderator, may do in the forum."""

from envs.records import Row
from envs.web.sites.base import Refused, operation
from envs.web.sites.forum_records import REASONS, ForumRecords

__all__ = ["ForumOperations"]

_TITLE = (5, 120)
"""Characters of a thread's title, at least and at most."""
_TEXT = 4000


class ForumOperations(ForumRecords):
    """The records with their operations. `now` is the moment of everything that the user does."""

    @property
    def now(self) -> str:
        """The forum's clock stands still for the length of an episode."""
        return f"{self.today} 23:30"

    @operation
    def vote(self, post_id: str, value: int) -> None:
        """Vote a post up (1), down (-1) or not at all (0)."""
        post = self.row("posts", post_id)
        if post["author"] == self.user:
            raise Refused("You cannot vote for your own post.")
        if post["removed"]:
            raise Refused("This post has been removed.")
        if value not in (-1, 0, 1):
            raise Refused("A vote is up or down.")
        self._clear("votes", post_id=post_id)
        if value:
            self.state.insert("votes", post_id=post_id, value=value)

    @operation
    def start_thread(self, board: str, title: str, text: str) -> None:
        """Start a thread on a board."""
        if board not in self.boards:
            raise Refused("Please choose a board.")
        title = " ".join(title.split())
        if not _TITLE[0] <= len(title) <= _TITLE[1]:
            raise Refused(f"A title has {_TITLE[0]} to {_TITLE[1]} characters.")
        if any(title.casefold() == thread["title"].casefold() for thread in self.state.find("threads", board=board)):
            raise Refused("There is a thread with this title on this board already.")
        kept = {"board": board, "title": title, "author": self.user, "created": self.now}
        text = self._text(text)
        thread = self.state.insert("threads", **kept, locked=False, pinned=False)
        self._write(thread, text)

    @operation
    def reply(self, thread_id: str, text: str) -> None:
        """Add a post to a thread."""
        thread = self.row("threads", thread_id)
        if thread["locked"] and not self.can_moderate(thread):
            raise Refused("This thread is locked.")
        self._write(thread_id, self._text(text))

    @operation
    def edit_post(self, post_id: str, text: str) -> None:
        """Change the text of one of the user's own posts."""
        self._own(post_id)
        self.state.update("posts", post_id, text=self._text(text), edited=True)

    @operation
    def delete_post(self, post_id: str) -> None:
        """Delete one of the user's own posts; with an opening post that nobody has answered goes its thread."""
        post = self._own(post_id)
        posts = self.state.find("posts", thread_id=post["thread_id"])
        if posts[0]["id"] == post_id and len(posts) > 1:
            raise Refused("A thread with replies cannot be deleted.")
        self._clear("reports", post_id=post_id)
        self.state.delete("posts", post_id)
        if len(posts) == 1:
            self._clear("bookmarks", thread_id=post["thread_id"])
            self.state.delete("threads", post["thread_id"])

    @operation
    def bookmark(self, thread_id: str) -> None:
        """Put a thread among the user's bookmarks."""
        if self.state.find("bookmarks", thread_id=thread_id):
            raise Refused("You have bookmarked this thread already.")
        self.state.insert("bookmarks", thread_id=self.row("threads", thread_id)["id"])

    @operation
    def remove_bookmark(self, thread_id: str) -> None:
        """Take a thread off the user's bookmarks."""
        self._clear("bookmarks", thread_id=thread_id)

    @operation
    def follow(self, member: str) -> None:
        """Follow a member."""
        if member == self.user:
            raise Refused("You cannot follow yourself.")
        if self.state.find("follows", member=member):
            raise Refused(f"You follow {member} already.")
        self.state.insert("follows", member=self.members[member].name)

    @operation
    def unfollow(self, member: str) -> None:
        """No longer follow a member."""
        self._clear("follows", member=member)

    @operation
    def report(self, post_id: str, reason: str, note: str = "") -> None:
        """Report somebody else's post to the board's moderator, for one of `REASONS`."""
        if self.row("posts", post_id)["author"] == self.user:
            raise Refused("You cannot report your own post.")
        if reason not in REASONS:
            raise Refused("Please choose a reason.")
        if self.state.find("reports", post_id=post_id, reporter=self.user):
            raise Refused("You have reported this post already.")
        given = {"reporter": self.user, "reason": reason, "note": note.strip()}
        self.state.insert("reports", post_id=post_id, **given, status="open")

    @operation
    def edit_profile(self, place: str, about: str) -> None:
        """Change what the user's own page says."""
        self.state.update("profile", self.state.find("profile")[0]["id"], place=place.strip(), about=about.strip())

    @operation
    def lock_thread(self, thread_id: str, locked: bool) -> None:
        """Close a thread of the user's board to replies, or open it again."""
        self._moderated(thread_id)
        self.state.update("threads", thread_id, locked=locked)

    @operation
    def pin_thread(self, thread_id: str, pinned: bool) -> None:
        """Keep a thread of the user's board at the top of the list, or no longer."""
        self._moderated(thread_id)
        self.state.update("threads", thread_id, pinned=pinned)

    @operation
    def move_thread(self, thread_id: str, board: str) -> None:
        """Move a thread of the user's board to another board."""
        self._moderated(thread_id)
        if board not in self.boards or board == self.moderates:
            raise Refused("Please choose another board.")
        self.state.update("threads", thread_id, board=board)

    @operation
    def remove_post(self, post_id: str, reason: str) -> None:
        """Remove a post on the user's board, for one of `REASONS`; open reports of it are settled."""
        self._moderated(self.row("posts", post_id)["thread_id"])
        if reason not in REASONS:
            raise Refused("Please choose a reason.")
        self.state.update("posts", post_id, removed=reason)
        self._settle(post_id, "removed")

    @operation
    def restore_post(self, post_id: str) -> None:
        """Bring back a removed post on the user's board."""
        self._moderated(self.row("posts", post_id)["thread_id"])
        self.state.update("posts", post_id, removed=None)

    @operation
    def dismiss_reports(self, post_id: str) -> None:
        """Settle the open reports of a post on the user's board and keep the post."""
        self._moderated(self.row("posts", post_id)["thread_id"])
        self._settle(post_id, "dismissed")

    def _write(self, thread_id: str, text: str) -> None:
        given = {"author": self.user, "text": text, "created": self.now, "votes": 0, "edited": False}
        self.state.insert("posts", thread_id=thread_id, **given)

    def _text(self, text: str) -> str:
        text = text.strip()
        if not text:
            raise Refused("A post needs a text.")
        if len(text) > _TEXT:
            raise Refused(f"A post has {_TEXT} characters at most.")
        return text

    def _own(self, post_id: str) -> Row:
        post = self.row("posts", post_id)
        if post["author"] != self.user:
            raise Refused("This is not your post.")
        if self.row("threads", post["thread_id"])["locked"]:
            raise Refused("This thread is locked.")
        return post

    def _moderated(self, thread_id: str) -> None:
        board = self.row("threads", thread_id)["board"]
        if board != self.moderates:
            raise Refused(f"Only {self.moderators[board]} moderates {self.boards[board].name}.")

    def _settle(self, post_id: str, status: str) -> None:
        for report in self.state.find("reports", post_id=post_id, status="open"):
            self.state.update("reports", report["id"], status=status)

    def _clear(self, table: str, **equal: str) -> None:
        for row in self.state.find(table, **equal):
            self.state.delete(table, row["id"])
