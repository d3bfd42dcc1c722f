"""The forum's records: what it starts with, and what is read out of them."""

from dataclasses import dataclass
from datetime import timedelta

from envs.records import Row
from envs.web.sites.base import Site
from envs.web.sites.fields import find_row
from envs.web.sites.forum_topics import NOVEL_TOPICS, OPENERS, REPLIES, SEEN_TOPICS, SPAM, TITLES, Topic
from envs.web.sites.names import nicknames

__all__ = ["REASONS", "ForumRecords", "Member"]

REASONS = ("Off topic", "Spam", "Insulting", "Duplicate", "Personal data")
"""Why a post is reported or removed."""
_PLACES = "Aberdeen Basel Cork Dresden Ghent Haarlem Krakow Lyon Malmo Porto Turin Vienna".split()
_MONTHS = "January February March April May June July August September October".split()
_BRANDS = ("The Back Porch", "Common Table", "Hobby Yard")
_NOVEL_BRANDS = ("Lanternroom", "The Long Bench")


@dataclass(frozen=True)
class Member:
    """Somebody who writes in the forum."""

    name: str
    joined: str
    place: str


class ForumRecords(Site):
    """A forum in which the user is a member and moderates one board."""

    name = "forum"
    free = {"posts": {"text"}, "profile": {"about"}, "reports": {"note"}}

    def fill(self) -> None:
        state, rng = self.state, self.rng
        state.create("threads", "thr", ("board", "title", "author", "created", "locked?", "pinned?"))
        state.create("posts", "pst", ("thread_id", "author", "text", "created", "votes", "edited?", "removed"))
        state.create("votes", "vot", ("post_id", "value"))
        state.create("bookmarks", "bkm", ("thread_id",))
        state.create("follows", "fol", ("member",))
        state.create("reports", "rep", ("post_id", "reporter", "reason", "note", "status"))
        state.create("profile", "pro", ("place", "about"))
        self.brand = rng.choice(_NOVEL_BRANDS if self.novel else _BRANDS)
        self.boards: dict[str, Topic] = {topic.slug: topic for topic in (NOVEL_TOPICS if self.novel else SEEN_TOPICS)}
        names = nicknames(rng, min(16 + 8 * self.size, 96), self.novel)
        self.members = {
            name: Member(name, self._day(-rng.randint(700, 3000)), rng.choice(_PLACES)) for name in sorted(names)
        }
        self.user = names[0]
        self.moderates = rng.choice(list(self.boards))
        state.insert("profile", place=self.members[self.user].place, about="")
        self.moderators = {slug: rng.choice(names[1:]) for slug in self.boards} | {self.moderates: self.user}
        self._fill_threads(names)
        threads = state.find("threads")
        for thread in rng.sample(threads, 3):
            state.insert("bookmarks", thread_id=thread["id"])
        for member in rng.sample(names[1:], 2):
            state.insert("follows", member=member)
        self._fill_reports(names)

    def _fill_threads(self, names: list[str]) -> None:
        rng, titles, topics = self.rng, set(), list(self.boards.values())
        ages = sorted((rng.randint(0, 500) for _ in range(36 * self.size)), reverse=True)
        for number, age in enumerate(ages):
            topic = topics[number % len(topics)]
            kind, words, title = self._subject(topic, titles)
            hours = sorted(rng.sample(range(9, 23), rng.choice((0, 1, 2, 3, 4, 5, 6, 8, 11, 14))))
            author, *crowd = rng.sample(names, len(hours) + 1)
            if rng.random() < 0.1 and self.user not in crowd:
                author = self.user
            created = self._moment(age, 8)
            thread = self.state.insert(
                "threads",
                board=topic.slug,
                title=title,
                author=author,
                created=created,
                locked=age > 200 and number < len(ages) - len(topics) and rng.random() < 0.15,
                pinned=rng.random() < 0.04,
            )
            self._post(thread, author, rng.choice(OPENERS[kind]).format(**words), created)
            kits = (words["kit"], words["other"]) if kind == "choice" else topic.kits
            for hour, member in zip(hours, crowd, strict=True):
                said = self._words(topic) | {"thing": words["thing"], "kit": rng.choice(kits)}
                self._post(thread, member, rng.choice(REPLIES[kind]).format(**said), self._moment(age, hour))

    def _subject(self, topic: Topic, titles: set[str]) -> tuple[str, dict[str, str | int], str]:
        """A kind of thread, the words to write it with, and a title that is not in `titles`, where it is put."""
        while True:
            kind, words = self.rng.choice(list(TITLES)), self._words(topic)
            title = self.rng.choice(TITLES[kind]).format(**words)
            if title not in titles:
                titles.add(title)
                return kind, words, title

    def _words(self, topic: Topic) -> dict[str, str | int]:
        rng = self.rng
        kit, other = rng.sample(topic.kits, 2)
        thing = rng.choice(topic.things)
        return {
            "thing": thing,
            "Thing": thing[0].upper() + thing[1:],
            "kit": kit,
            "other": other,
            "trouble": rng.choice(topic.troubles),
            "advice": rng.choice(topic.advice),
            "price": rng.randint(*topic.prices),
            "years": rng.randint(2, 9),
            "month": rng.choice(_MONTHS),
        }

    def _post(self, thread: str, author: str, text: str, created: str) -> str:
        votes = max(-3, int(self.rng.gauss(4, 6)))
        given = {"author": author, "text": text, "created": created, "votes": votes, "edited": False}
        return self.state.insert("posts", thread_id=thread, **given)

    def _fill_reports(self, names: list[str]) -> None:
        """Posts that ought to be removed, and some that somebody only dislikes, in the user's and in another board."""
        rng = self.rng
        others = [slug for slug in self.boards if slug != self.moderates]
        for board in (self.moderates, self.moderates, rng.choice(others)):
            threads = self.state.find("threads", board=board, locked=False)
            for thread in rng.sample(threads, min(2, len(threads))):
                created = self._moment(0, 7)
                post = self._post(thread["id"], rng.choice(names[1:]), rng.choice(SPAM), created)
                self._report(post, rng.choice(names[1:]), "Spam")
            thread = rng.choice(threads)
            first = self.state.find("posts", thread_id=thread["id"])[0]
            self._report(first["id"], rng.choice(names[1:]), "Off topic")

    def _report(self, post: str, reporter: str, reason: str) -> None:
        self.state.insert("reports", post_id=post, reporter=reporter, reason=reason, note="", status="open")

    def _day(self, days: int) -> str:
        return (self.today + timedelta(days)).isoformat()

    def _moment(self, age: int, hour: int) -> str:
        return f"{self._day(-age)} {hour:02d}:{self.rng.randrange(60):02d}"

    def row(self, table: str, id: str) -> Row:
        """The record with this id.

        Raises:
            KeyError: there is none; a missing page.
        """
        return find_row(self.state, table, id)

    def posts(self, thread_id: str) -> list[Row]:
        """The posts of a thread, the opening one first, each with its `score` and the user's `vote`."""
        return [self.scored(post) for post in self.state.find("posts", thread_id=thread_id)]

    def scored(self, post: Row) -> Row:
        """A post with its `score`, the user's `vote` counted."""
        vote = next((row["value"] for row in self.state.find("votes", post_id=post["id"])), 0)
        return post | {"score": post["votes"] + vote, "vote": vote}

    def summaries(self, **equal: str) -> list[Row]:
        """Threads with their number of `replies`, their `last` post and the opening post's `score`."""
        posts: dict[str, list[Row]] = {}
        for post in self.state.find("posts"):
            posts.setdefault(post["thread_id"], []).append(post)
        own = {vote["post_id"]: vote["value"] for vote in self.state.find("votes")}
        found = []
        for thread in self.state.find("threads", **equal):
            first, *rest = posts[thread["id"]]
            last = (rest or [first])[-1]
            score = first["votes"] + own.get(first["id"], 0)
            found.append(thread | {"replies": len(rest), "last": last, "score": score, "removed": first["removed"]})
        return found

    def open_reports(self) -> list[Row]:
        """The reports on the user's board that nobody has dealt with, each with its `post` and `thread`."""
        found = []
        for report in self.state.find("reports", status="open"):
            post = self.row("posts", report["post_id"])
            thread = self.row("threads", post["thread_id"])
            if thread["board"] == self.moderates:
                found.append(report | {"post": post, "thread": thread})
        return found

    def can_moderate(self, thread: Row) -> bool:
        """Whether the user moderates the thread's board."""
        return thread["board"] == self.moderates
