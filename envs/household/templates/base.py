"""What a task template is made of: a scene to draw from, a draft to return, a list to stand in."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from envs.household.english import a, capitalized, plural, preposition, spoken
from envs.household.goals import ChoreGoal, Condition
from envs.household.houses.layout import Layout, kind_of
from envs.household.houses.rooms import Room
from envs.household.simulator import APPLIANCES

__all__ = ["Draft", "Scene", "Template", "Unfit", "collect", "draft"]


_BINS = ("compostbin", "diaperpail", "garbagecan", "wastebasket")


class Unfit(Exception):
    """This room does not suit the template; another one is drawn."""


@dataclass(frozen=True)
class Draft:
    """A task in the making.

    Args:
        prompt: what the agent is asked.
        goal: JSON values of the goal, see `envs.household.goals.read_goal`.
        ask: the request as data, all that the expert is told besides what it sees: `kind` and the words of the prompt.
    """

    prompt: str
    goal: dict[str, Any]
    ask: dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A family of tasks: `make(scene)` returns a `Draft` or raises `Unfit`."""

    name: str
    difficulties: tuple[int, ...]
    make: Callable[["Scene"], Draft]


def collect(templates: list[Template], *difficulties: int):
    """Decorator that adds a function to a list of templates, under its name with dashes."""

    def add(make: Callable[["Scene"], Draft]) -> Callable[["Scene"], Draft]:
        templates.append(Template(make.__name__.replace("_", "-"), difficulties, make))
        return make

    return add


class Scene:
    """A furnished room, and the dice with which a template chooses what happens in it.

    Args:
        room: the kind of room.
        difficulty: 1 to 5, see `envs.household.houses.layout.Layout`.
        rng: the dice.
    """

    def __init__(self, room: Room, difficulty: int, rng: random.Random):
        self.rng, self.difficulty = rng, difficulty
        self.layout = Layout(room, difficulty, rng)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options.

        Raises:
            Unfit: there is none.
        """
        if not options:
            raise Unfit
        return self.rng.choice(options)

    def pick_some(self, options: Sequence[Any], count: int) -> list[Any]:
        """Different ones of the options.

        Raises:
            Unfit: there are not so many.
        """
        if len(options) < count:
            raise Unfit
        return self.rng.sample(options, count)

    def kind(self, able: str = "take", of: Callable[[str], bool] = lambda kind: True) -> str:
        """A kind of thing that lies about, can be taken, and has some other ability that can be used here."""
        if able in APPLIANCES and not self.layout.numbers.get(APPLIANCES[able]):
            raise Unfit
        return self.pick(self.layout.thing_kinds(able, of))

    def target(self, kind: str, avoid: Sequence[str] = (), of: Callable[[str], bool] = lambda place: True) -> str:
        """A receptacle, no bin, that things of a kind can be brought to and none of them is in yet."""
        layout = self.layout
        taken = {layout.where[name] for name in layout.things(kind)} | set(avoid) | set(layout.receptacles(*_BINS))
        return self.pick([place for place in layout.homes(kind) if place not in taken and of(place)])

    def only(self, kind: str, count: int) -> list[str]:
        """See to it that there are just so many things of a kind, and return their names."""
        while len(self.layout.things(kind)) > count:
            self.layout.remove(self.layout.things(kind)[-1])
        while len(self.layout.things(kind)) < count:
            self.layout.add(kind)
        return self.layout.things(kind)

    def clear(self, kind: str, *places: str) -> None:
        """Move things of a kind away from some receptacles."""
        for name in self.layout.things(kind):
            if self.layout.where[name] in places:
                if not self.layout.homes(kind).keys() - set(places):
                    raise Unfit
                self.layout.where[name] = self.layout.usual_place(kind, avoid=places)

    # --- words -------------------------------------------------------------------------------------------------------

    def phrase(self, *phrasings: str, **words: str) -> str:
        """One of several phrasings with its words filled in, as a sentence.

        Words are given by what they are: `thing_x="cup"` fills `{x}` (cup), `{a_x}` (a cup) and `{xs}` (cups);
        `kind_y="drawer"` or `place_y="drawer 2"` fill `{y}`, `{in_y}` and `{into_y}` with a drawer or with that one
        ("the fridge" where there is only one); any other word fills its own name.
        """
        forms: dict[str, str] = {}
        for key, word in words.items():
            sort, _, name = key.partition("_")
            if sort == "thing":
                forms |= {name: spoken(word), f"a_{name}": a(spoken(word)), f"{name}s": plural(spoken(word))}
            elif sort in ("kind", "place"):
                said, where = self._named(word), preposition(word)
                forms |= {name: said, f"in_{name}": f"{where} {said}", f"into_{name}": f"{where}to {said}"}
            else:
                forms[key] = word
        return capitalized(self.pick(phrasings).format(**forms))

    def _named(self, place: str) -> str:
        """A receptacle, or any of its kind, as people say it here: `the fridge`, `a shelf`, `shelf 2`."""
        kind = kind_of(place)
        if self.layout.numbers.get(kind, 1) == 1:
            return f"the {spoken(kind)}"
        return a(spoken(kind)) if kind == place else place


def draft(prompt: str, ask: dict[str, Any], *conditions: Condition, mistakes: Sequence[Condition] = ()) -> Draft:
    """A draft with a `ChoreGoal`."""
    return Draft(prompt, ChoreGoal(conditions, tuple(mistakes)).to_data(), ask)
