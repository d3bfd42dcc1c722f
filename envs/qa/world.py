"""The world of one split: its facts, its library, and what may be asked about. Made once in a process."""

import threading
import zlib
from functools import cached_property

from envs.errors import UsageError, did_you_mean
from envs.qa.articles import Article, write_article
from envs.qa.facts import Entity, make_facts
from envs.qa.library import Library, Titles
from envs.qa.schema import KINDS, REAL, Relation
from envs.types import SPLITS

__all__ = ["World", "get_world"]

_REAL_KINDS = {kind.name for kind in REAL}
_ASK_ABOUT_REAL = ("train", "explore", "dev", "test")
"""Splits that share the real things out among them; `novel` asks about its own kinds, real airports included."""
_worlds: dict[str, "World"] = {}
_lock = threading.Lock()


class World:
    """Facts and articles of a split."""

    def __init__(self, split: str):
        self.split, self.facts = split, make_facts(split)
        self._askable: dict[str, list[Entity]] = {}
        for entity in self.facts.values():
            if entity.kind not in _REAL_KINDS or self._is_ours(entity.title):
                self._askable.setdefault(entity.kind, []).append(entity)

    def askable(self, kind: str) -> list[Entity]:
        """The things of a kind that questions may start from: no other split's questions do."""
        return self._askable.get(kind, [])

    @cached_property
    def articles(self) -> dict[str, Article]:
        """The article about each thing, by title."""
        return {title: write_article(self.facts, entity, self.split) for title, entity in self.facts.items()}

    @cached_property
    def titles(self) -> Titles:
        """Every title, for the graph, which needs no articles."""
        return Titles(self.facts)

    @cached_property
    def unstated(self) -> list[tuple[Entity, Relation]]:
        """Things that may be asked about, with a number that is not known of them."""
        return [
            (entity, relation)
            for entities in self._askable.values()
            for entity in entities
            for relation in KINDS[entity.kind].relations
            if relation.of == "number" and relation.is_ordered and relation.name not in entity.facts
        ]

    @cached_property
    def library(self) -> Library:
        return Library({title: article.text for title, article in self.articles.items()})

    def _is_ours(self, title: str) -> bool:
        if self.split not in _ASK_ABOUT_REAL:
            return False
        return zlib.crc32(title.encode()) % len(_ASK_ABOUT_REAL) == _ASK_ABOUT_REAL.index(self.split)


def get_world(split: str) -> World:
    """The world of a split, made when it is first asked for.

    Raises:
        UsageError: no such split, or a package with open data is missing or of another version.
    """
    if split not in SPLITS:
        raise UsageError(f"no split {split!r}.{did_you_mean(split, SPLITS)} Splits: {', '.join(SPLITS)}")
    with _lock:
        if split not in _worlds:
            _worlds[split] = World(split)
        return _worlds[split]
