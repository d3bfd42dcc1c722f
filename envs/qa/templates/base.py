"""What a question template is made of: a scene to draw from, a draft to return, a list to stand in."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from envs.qa.english import sentence
from envs.qa.facts import Entity
from envs.qa.plan import Step, Unfit
from envs.qa.schema import KINDS, Relation
from envs.qa.world import World

__all__ = ["MAX_MEMBERS", "Draft", "Scene", "Template", "collect"]

MAX_MEMBERS = 5
"""Members of a set that must be read one by one, or named in an answer."""
BEFORE = (
    "Hi, a quick question.",
    "I am preparing a quiz.",
    "Could you look something up for me?",
    "There is a gap in my notes.",
    "I need this for a report.",
    "A friend and I cannot agree on this.",
    "Please check this in the library for me.",
    "My daughter asked me this and I had no idea.",
    "We are filling in a form and one entry is missing.",
)
AFTER = ("Thanks!", "Many thanks.", "Just the answer will do.", "Thank you for looking.", "No guesses, please.")


@dataclass(frozen=True)
class Draft:
    """A question and the steps that answer it, see `envs.qa.plan`."""

    prompt: str
    plan: tuple[Step, ...]


@dataclass(frozen=True)
class Template:
    """A family of questions: `make(scene)` returns a `Draft` or raises `Unfit`.

    Args:
        graph: whether the tools of the knowledge graph can answer them.
    """

    name: str
    difficulty: int
    make: Callable[["Scene"], Draft]
    graph: bool


def collect(templates: list[Template], difficulty: int, graph: bool = True):
    """Decorator that adds a function to a list of templates, under its name with dashes."""

    def add(make: Callable[["Scene"], Draft]) -> Callable[["Scene"], Draft]:
        templates.append(Template(make.__name__.replace("_", "-"), difficulty, make, graph))
        return make

    return add


@dataclass
class Scene:
    """A world, and the dice with which a template chooses in it."""

    world: World
    rng: random.Random

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options.

        Raises:
            Unfit: there is none.
        """
        if not options:
            raise Unfit
        return self.rng.choice(options)

    def subject(self, kinds: Sequence[str], fits: Callable[[Relation], bool]) -> tuple[Entity, Relation]:
        """Something that may be asked about, and a relation that fits and is known of it."""
        kind = self.pick(kinds)
        relation = self.pick([relation for relation in KINDS[kind].relations if fits(relation)])
        return self.entity(kind, relation), relation

    def entity(self, kind: str, *relations: Relation) -> Entity:
        """A thing of a kind of which all these relations are known."""
        entity = self.pick(self.world.askable(kind))
        if any(relation.name not in entity.facts for relation in relations):
            raise Unfit
        return entity

    def onward(self, relation: Relation, fits: Callable[[Relation], bool]) -> Relation:
        """A relation of what `relation` leads to."""
        if relation.is_literal:
            raise Unfit
        return self.pick([onward for onward in KINDS[relation.of].relations if fits(onward)])

    def phrase(self, *phrasings: str, **words: Any) -> str:
        """One of several phrasings with its words filled in."""
        return sentence(self.pick(phrasings).format(**words))

    def ask(self, relation: Relation, x: str) -> str:
        """A question for the values of a relation. A long subject comes last, where it is easy to read."""
        last = [question for question in relation.asks if question[:-1].endswith("{x}")]
        if len(x.split()) > 5 and (last or relation.is_literal):
            return self.phrase(*(last or [f"What is {relation.phrase}?"]), x=x)
        return self.phrase(*relation.asks, x=x)

    def draft(self, question: str, *plan: Step) -> Draft:
        """The question as somebody might put it, with the steps that answer it."""
        before = self.pick(BEFORE) if self.rng.random() < 0.3 else ""
        after = self.pick(AFTER) if self.rng.random() < 0.25 else ""
        return Draft(" ".join(part for part in (before, question, after) if part), plan)
