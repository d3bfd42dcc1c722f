"""A thing and what is known of it."""

from dataclasses import dataclass, field
from datetime import date

from envs.qa.english import say
from envs.qa.schema import KINDS, Relation

__all__ = ["Entity", "Facts", "Value"]

Value = date | int | float | str
"""Of a fact: a title when its relation leads to another thing."""


@dataclass(frozen=True)
class Entity:
    """A thing with an article of its own.

    Args:
        title: of its article; unique.
        kind: a key of `KINDS`.
        type: what it is, with its article: "a maker of lamps".
        facts: relation to its values; a relation that is absent is not known.
        mention: how a sentence names it, "the euro"; the title by default.
        pronoun: "he", "she" or "it".
        aliases: other names that an answer may use.
    """

    title: str
    kind: str
    type: str
    facts: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    mention: str = ""
    pronoun: str = "it"
    aliases: tuple[str, ...] = ()

    def __post_init__(self):
        if not self.mention:
            object.__setattr__(self, "mention", self.title)


class Facts(dict[str, Entity]):
    """All things by title."""

    def add(self, *entities: Entity) -> None:
        """Add things.

        Raises:
            ValueError: a title is taken.
        """
        for entity in entities:
            if entity.title in self:
                raise ValueError(f"two articles are called {entity.title!r}")
            self[entity.title] = entity

    def link(self, title: str, relation: str, *values: Value) -> None:
        """State more values of a relation of a thing."""
        facts = self[title].facts
        facts[relation] = (*facts.get(relation, ()), *values)

    def of_kind(self, kind: str) -> list[Entity]:
        """All things of a kind."""
        return [entity for entity in self.values() if entity.kind == kind]

    def relation(self, title: str, name: str) -> Relation:
        """A relation that things of this one's kind may have."""
        return KINDS[self[title].kind].relation(name)

    def known(self, title: str, relation: str) -> tuple[Value, ...]:
        """The values of a relation of a thing, none where it is not known."""
        return self[title].facts.get(relation, ())

    def say(self, relation: Relation, value: Value) -> str:
        """A value as a sentence writes it."""
        return say(value) if relation.is_literal else self[value].mention
