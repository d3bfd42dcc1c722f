"""The forum: boards, threads, posts with votes, members, moderation.

Pages:

- `/`: the boards. Every page has a search box, Boards, Bookmarks, Following, Moderation (with the number of open
  reports) and the user's own page.
- `/b/BOARD?sort=&page=`: threads, 12 a page, pinned ones first; `sort` is a key of `SORTS`. `/b/BOARD/new`.
- `/t/THREAD?page=`: posts, 8 a page, each with Upvote and Downvote, Edit and Delete (the user's own), Report or Remove;
  Bookmark, a reply form, and on the user's own board Lock, Pin and Move.
- `/post/POST/edit`, `/post/POST/report`, `/post/POST/remove`.
- `/search?q=&board=&author=&where=&sort=&page=`: posts or, with `where=titles`, threads that have all the words.
- `/u/MEMBER?show=&page=`: profile, posts (or `show=threads`), Follow; `/settings`: the user's profile.
- `/bookmarks`, `/following` (their latest posts), `/moderation` (reports on the user's board).

Operations (see `ForumOperations`): `vote start_thread reply edit_post delete_post bookmark remove_bookmark follow
unfollow report edit_profile` and, on the board that the user moderates, `lock_thread pin_thread move_thread
remove_post restore_post dismiss_reports`.
"""

from typing import Any

from envs.records import Row
from envs.web.sites.forum_operations import ForumOperations
from envs.web.sites.forum_records import REASONS
from envs.web.sites.pages import go, number, paged, routes, show

__all__ = ["Forum"]

SORTS = {"active": "Latest reply", "new": "Newest", "top": "Highest score", "replies": "Most replies"}
_THREADS, _POSTS = 12, 8


class Forum(ForumOperations):
    """The forum with its pages."""

    REASONS, SORTS = REASONS, SORTS

    def routes(self) -> list[Any]:
        return routes(
            {
                "GET /": self._home,
                "GET /b/{board}": self._board,
                "GET /b/{board}/new": self._new,
                "POST /b/{board}/new": self._start,
                "GET /t/{thread}": self._thread,
                "POST /t/{thread}/reply": self._reply,
                "POST /t/{thread}/bookmark": self._bookmark,
                "POST /t/{thread}/moderate": self._moderate,
                "GET /post/{post}/edit": self._post_page("edit.html"),
                "POST /post/{post}/edit": self._edit,
                "GET /post/{post}/report": self._post_page("report.html"),
                "POST /post/{post}/report": self._report_post,
                "GET /post/{post}/remove": self._post_page("remove.html"),
                "POST /post/{post}/remove": self._remove,
                "POST /post/{post}/restore": self._restore,
                "POST /post/{post}/dismiss": self._dismiss,
                "POST /post/{post}/delete": self._delete,
                "POST /post/{post}/vote": self._vote,
                "GET /search": self._search,
                "GET /u/{member}": self._member,
                "POST /u/{member}/follow": self._follow,
                "GET /settings": self._settings,
                "POST /settings": self._settings_save,
                "GET /bookmarks": self._bookmarks,
                "GET /following": self._following,
                "GET /moderation": self._moderation,
            }
        )

    @staticmethod
    def finds(words: str, post: Row, thread: Row) -> bool:
        """Whether a search finds a post: all words are in its text or in the title of its thread."""
        text = f"{post['text']} {thread['title']}".lower()
        return all(word in text for word in words.lower().split())

    def place_of(self, post: Row) -> str:
        """The address of a post: its thread's page that has it."""
        ids = [other["id"] for other in self.state.find("posts", thread_id=post["thread_id"])]
        page = ids.index(post["id"]) // _POSTS + 1
        return f"/t/{post['thread_id']}?page={page}#{post['id']}"

    async def _home(self, request):
        threads = self.summaries()
        latest = {slug: [thread for thread in threads if thread["board"] == slug] for slug in self.boards}
        return show(self, request, "home.html", latest=latest)

    async def _board(self, request):
        board = self.boards[request.path_params["board"]]
        sort = request.query_params.get("sort", "active")
        threads = _sorted(self.summaries(board=board.slug), sort)
        found = paged(request, sorted(threads, key=lambda thread: not thread["pinned"]), _THREADS)
        return show(self, request, "board.html", board=board, found=found, sort=sort)

    async def _new(self, request):
        return show(self, request, "new.html", board=self.boards[request.path_params["board"]])

    async def _start(self, request):
        form = await request.form()
        self.start_thread(request.path_params["board"], form.get("title", ""), form.get("text", ""))
        return go(f"/t/{self.state.find('threads')[-1]['id']}", "Your thread is published.")

    async def _thread(self, request):
        thread = self.row("threads", request.path_params["thread"])
        found = paged(request, self.posts(thread["id"]), _POSTS)
        marked = bool(self.state.find("bookmarks", thread_id=thread["id"]))
        values = {"thread": thread, "board": self.boards[thread["board"]], "found": found, "marked": marked}
        return show(self, request, "thread.html", **values)

    async def _reply(self, request):
        self.reply(request.path_params["thread"], (await request.form()).get("text", ""))
        return go(self.place_of(self.state.find("posts")[-1]), "Your reply is published.")

    async def _bookmark(self, request):
        thread = request.path_params["thread"]
        if self.state.find("bookmarks", thread_id=thread):
            self.remove_bookmark(thread)
            return go(f"/t/{thread}", "The bookmark was removed.")
        self.bookmark(thread)
        return go(f"/t/{thread}", "The thread was bookmarked.")

    async def _moderate(self, request):
        form, thread = await request.form(), request.path_params["thread"]
        match form.get("action"):
            case "lock" | "unlock" as action:
                self.lock_thread(thread, action == "lock")
            case "pin" | "unpin" as action:
                self.pin_thread(thread, action == "pin")
            case "move":
                self.move_thread(thread, form.get("board", ""))
        return go(f"/t/{thread}", "The thread was changed.")

    def _post_page(self, template: str):
        async def page(request):
            post = self.row("posts", request.path_params["post"])
            thread = self.row("threads", post["thread_id"])
            return show(self, request, template, post=post, thread=thread)

        return page

    async def _edit(self, request):
        post = self.row("posts", request.path_params["post"])
        self.edit_post(post["id"], (await request.form()).get("text", ""))
        return go(self.place_of(post), "Your post was changed.")

    async def _report_post(self, request):
        form, post = await request.form(), self.row("posts", request.path_params["post"])
        self.report(post["id"], form.get("reason", ""), form.get("note", ""))
        return go(self.place_of(post), "Thank you, the moderator will look at it.")

    async def _remove(self, request):
        post = self.row("posts", request.path_params["post"])
        self.remove_post(post["id"], (await request.form()).get("reason", ""))
        return go(self.place_of(post), "The post was removed.")

    async def _restore(self, request):
        post = self.row("posts", request.path_params["post"])
        self.restore_post(post["id"])
        return go(self.place_of(post), "The post is back.")

    async def _dismiss(self, request):
        self.dismiss_reports(request.path_params["post"])
        return go("/moderation", "The report was dismissed.")

    async def _delete(self, request):
        post = self.row("posts", request.path_params["post"])
        self.delete_post(post["id"])
        left = self.state.find("threads", id=post["thread_id"])
        return go(f"/t/{post['thread_id']}" if left else f"/u/{self.user}", "Your post was deleted.")

    async def _vote(self, request):
        post = self.row("posts", request.path_params["post"])
        self.vote(post["id"], number((await request.form()).get("value"), 0))
        return go(self.place_of(post))

    async def _search(self, request):
        asked = {key: request.query_params.get(key, "").strip() for key in ("q", "board", "author", "where", "sort")}
        threads = {
            thread["id"]: thread
            for thread in self.summaries()
            if asked["board"] in ("", thread["board"]) and not thread["removed"]
        }
        if asked["where"] == "titles":
            rows = [{**thread, "thread": thread, "text": thread["title"]} for thread in threads.values()]
        else:
            posts = (post for post in self.state.find("posts") if post["thread_id"] in threads and not post["removed"])
            rows = [self.scored(post) | {"thread": threads[post["thread_id"]]} for post in posts]
        hits = [
            row for row in rows if asked["author"] in ("", row["author"]) and self.finds(asked["q"], row, row["thread"])
        ]
        hits.reverse()
        if asked["sort"] == "top":
            hits.sort(key=lambda row: -row["score"])
        return show(self, request, "search.html", found=paged(request, hits, 10), search=asked)

    async def _member(self, request):
        member = self.members[request.path_params["member"]]
        kind = "threads" if request.query_params.get("show") == "threads" else "posts"
        written = [self.scored(post) for post in self.state.find("posts", author=member.name) if not post["removed"]]
        threads = {thread["id"]: thread for thread in self.summaries()}
        rows = [thread for thread in threads.values() if thread["author"] == member.name]
        values = {
            "member": member,
            "kind": kind,
            "found": paged(request, (written if kind == "posts" else rows)[::-1], 8),
            "threads": threads,
            "counts": {"posts": len(written), "threads": len(rows), "karma": sum(post["score"] for post in written)},
            "followed": bool(self.state.find("follows", member=member.name)),
        }
        return show(self, request, "member.html", **values)

    async def _follow(self, request):
        member = request.path_params["member"]
        if self.state.find("follows", member=member):
            self.unfollow(member)
            return go(f"/u/{member}", f"You no longer follow {member}.")
        self.follow(member)
        return go(f"/u/{member}", f"You follow {member}.")

    async def _settings(self, request):
        return show(self, request, "settings.html", profile=self.state.find("profile")[0])

    async def _settings_save(self, request):
        form = await request.form()
        self.edit_profile(form.get("place", ""), form.get("about", ""))
        return go(f"/u/{self.user}", "Your profile was changed.")

    async def _bookmarks(self, request):
        marked = {row["thread_id"] for row in self.state.find("bookmarks")}
        threads = [thread for thread in self.summaries() if thread["id"] in marked]
        return show(self, request, "bookmarks.html", threads=threads)

    async def _following(self, request):
        followed = [row["member"] for row in self.state.find("follows")]
        posts = [post for post in self.state.find("posts") if post["author"] in followed and not post["removed"]]
        found = paged(request, sorted(posts, key=lambda post: post["created"], reverse=True), 8)
        threads = {thread["id"]: thread for thread in self.state.find("threads")}
        return show(self, request, "following.html", followed=followed, found=found, threads=threads)

    async def _moderation(self, request):
        return show(self, request, "moderation.html", reports=self.open_reports())


def _sorted(threads: list[Row], sort: str) -> list[Row]:
    key = {
        "new": lambda thread: thread["created"],
        "top": lambda thread: thread["score"],
        "replies": lambda thread: thread["replies"],
    }.get(sort, lambda thread: thread["last"]["created"])
    return sorted(threads, key=key, reverse=True)
