"""The expert of the library: it searches, opens, reads, quotes what it has seen, and answers from that."""

import random
import re
from collections.abc import Generator

from envs.core import Solution
from envs.qa.conclusions import conclude
from envs.qa.english import join_words, say, sentence
from envs.qa.grade import UNANSWERABLE
from envs.qa.plan import READING, evaluate, sources_of
from envs.qa.schema import Relation
from envs.qa.thoughts import MOVES, REMARKS
from envs.qa.world import get_world
from envs.types import Task, ToolCall

__all__ = ["solve"]

SEARCH = 0.5
"""How often a thing is searched for rather than opened by its name at once."""
FIND = 0.5
"""How often a word is looked for rather than the next page read."""
MAX_QUOTE = 130
"""Characters of a line that is quoted whole; of a longer one the values are noted."""
_PAGE = re.compile(r"\n\(page (\d+) of (\d+)\)$")


def solve(task: Task) -> Solution:
    """Play a task of `QaEnv`, one step of its plan after the other."""
    return _Reader(task).play()


class _Reader:
    """One play of a task: what was seen so far, and what is to be said of it in the next thought."""

    def __init__(self, task: Task):
        self.rng = random.Random(task.id)
        self.world = get_world(task.data["world"])
        self.facts, self.plan = self.world.facts, task.data["plan"]
        self.results = evaluate(self.facts, self.plan)
        self.remarks: list[str] = []
        self.seen: dict[str, str] = {}
        self.open = ""
        self.more = False

    def play(self) -> Solution:
        for number, (operation, *arguments) in enumerate(self.plan):
            if operation in READING:
                titles = sources_of(self.results, arguments[0])
                for title in titles:
                    yield from self._read(title, self.facts.relation(title, arguments[1]))
                if len(titles) == 1 and self._is_counted(number):
                    self.remarks.clear()
            if words := conclude(self.facts, self.results, number, operation, arguments):
                self._remark(operation, **words)
        values = self.results[-1].values
        if values[0] != UNANSWERABLE[0]:
            self._remark("answer")
        yield self._thought(), ToolCall("answer", {"text": "; ".join(say(value) for value in values)})

    def _read(self, title: str, relation: Relation) -> Generator:
        """Get to see what the library says of a thing, or that it says nothing."""
        name = self.facts[title].mention
        words = {"title": title, "name": name, "need": relation.phrase.format(x=name), "relation": relation.name}
        statement = self.world.articles[title].statements.get(relation.name)
        known = self._has_seen(title, statement)
        if not known:
            yield from self._reach(title, words)
            yield from self._look(relation, statement, words)
        if not statement:
            self._remark("answer-none", **words)
        elif len(statement) <= MAX_QUOTE:
            self._remark("again" if known else "quote", quote=statement, **words)
        else:
            values = [self.facts.say(relation, value) for value in self.facts.known(title, relation.name)]
            self._remark("list", values=join_words(values))

    def _reach(self, title: str, words: dict[str, str]) -> Generator:
        """Open a document, unless it is open."""
        if self.open == title:
            return
        move = "open-named"
        if self.rng.random() < SEARCH:
            query = self.rng.choice((title, title, f"{title} {words['relation']}"))
            found = yield self._thought("search", **words), ToolCall("search", {"query": query})
            move = "open" if f"- {title}: " in found else "open-unlisted"
        shown = yield self._thought(move, **words), ToolCall("open", {"document": title})
        self.open, self.seen[title] = title, ""
        self._take(shown.removeprefix(title))

    def _look(self, relation: Relation, statement: str | None, words: dict[str, str]) -> Generator:
        """Find a statement in the open document, which may have further pages, or read it to the end."""
        if self.more and not self._has_seen(self.open, statement) and self.rng.random() < FIND:
            thought = self._thought("find", word=relation.look, **words)
            found = yield thought, ToolCall("find", {"text": relation.look})
            # In front, so that a sentence that goes on over the page stays whole.
            self.seen[self.open] = f"{found}\n{self.seen[self.open]}"
        while self.more and not self._has_seen(self.open, statement):
            self._take((yield self._thought("more", **words), ToolCall("more")))

    def _take(self, shown: str) -> None:
        """Remember a page, and whether it was the last one."""
        page = _PAGE.search(shown)
        self.more = bool(page) and page[1] != page[2]
        self.seen[self.open] += _PAGE.sub(" ", shown)

    def _has_seen(self, title: str, statement: str | None) -> bool:
        return statement is not None and statement in self.seen.get(title, "")

    def _is_counted(self, number: int) -> bool:
        """Whether the next step counts what was read: then that names it."""
        return number + 1 < len(self.plan) and self.plan[number + 1][0] == "count"

    def _remark(self, kind: str, **words: str) -> None:
        self.remarks.append(sentence(self.rng.choice(REMARKS[kind]).format(**words)))

    def _thought(self, move: str = "", **words: str) -> str:
        """What was just learnt and what comes next."""
        if move:
            self.remarks.append(sentence(self.rng.choice(MOVES[move]).format(**words)))
        thought, self.remarks = " ".join(self.remarks), []
        return thought
