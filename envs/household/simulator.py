"""`Simulator`: a house in which commands of text change things, with ALFWorld's exact dynamics and texts.

The tests hold it against transcripts of the real engine. What may surprise is ALFWorld's own: a lamp once used stays
on, cleaning, heating and cooling need no opened appliance, and an item can be examined only while it is held.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

from envs.household.house import STATES, House, Item, Receptacle
from envs.household.texts import HELP, INTRO, NOTHING_HAPPENS, listed
from envs.types import canonical_json

__all__ = ["Goal", "Simulator"]

APPLIANCES = {"clean": "sinkbasin", "heat": "microwave", "cool": "fridge"}
"""The kind of receptacle that each verb needs."""
RESULTS = {"clean": "clean", "heat": "hot", "cool": "cool"}
"""The state in which each verb leaves the item."""
KNIVES = ("knife", "butterknife")
Action = tuple[Callable[..., str], *tuple[str, ...]]
"""A method of `Simulator` and the names that it is called with."""


class Goal(Protocol):
    """What has to be true at the end."""

    def met(self, world: "Simulator") -> bool:
        """Whether it is true now."""

    def progress(self, world: "Simulator") -> float:
        """How much of it is true now, in [0, 1]."""


class Simulator:
    """A running house.

    Args:
        house: how it is at first.
        goal: what `won` tests; without one it is never won.

    Attributes:
        receptacles: by name.
        items: by name.
        here: names of the receptacles at the agent's location; empty in the middle of the room, where it starts.
        holding: the name of the item in the agent's hand, or None.
        opened: names of the open receptacles.
        inside: names of the items in each receptacle.
        states: names of the items in each of `STATES`.
    """

    def __init__(self, house: House, goal: Goal | None = None):
        self.house, self.goal = house, goal
        self.receptacles: dict[str, Receptacle] = {place.name: place for place in house.receptacles}
        self.items: dict[str, Item] = {item.name: item for item in house.items}
        self._location: int | None = None
        self.here: tuple[str, ...] = ()
        self.holding: str | None = None
        self.opened = {place.name for place in house.receptacles if place.open}
        self.inside: dict[str, set[str]] = {name: set() for name in self.receptacles}
        self.states: dict[str, set[str]] = {state: set() for state in STATES}
        self._spots: dict[str, set[int]] = {}
        self._taken_out: set[tuple[str, str]] = set()
        self._order = {item.name: number for number, item in enumerate(house.items)}
        for item in house.items:
            for place in item.inside:
                self.inside[place].add(item.name)
            for state in item.states:
                self.states[state].add(item.name)
            spots = item.spots if item.spots is not None else (self.receptacles[p].location for p in item.inside)
            self._spots[item.name] = set(spots)
        self._actions: dict[str, Action] | None = None

    @property
    def won(self) -> bool:
        """Whether the goal is met now."""
        return self.goal is not None and self.goal.met(self)

    def intro(self) -> str:
        """What the agent sees at first."""
        return INTRO.format(listed(self.receptacles))

    def act(self, command: str) -> str:
        """Carry out a command and say what happened; one that is not admissible now changes nothing."""
        action = self._applicable().get(command.strip())
        if action is None:
            return NOTHING_HAPPENS
        self._actions = None
        verb, *names = action
        return verb(*names)

    def admissible(self) -> list[str]:
        """Every command that does something now, sorted."""
        return sorted(self._applicable())

    def state_hash(self) -> str:
        """Equal for equal states of one house."""
        state = [
            *(self._location, self.holding, sorted(self.opened), sorted(self._taken_out)),
            *({name: sorted(names) for name, names in state.items()} for state in (self.inside, self.states)),
            {name: sorted(spots) for name, spots in self._spots.items()},
        ]
        return hashlib.sha256(canonical_json(state).encode()).hexdigest()[:16]

    def reachable(self, place: str) -> bool:
        """Whether the content of a receptacle is open to the eye and the hand."""
        return place in self.opened or not self.receptacles[place].openable

    def content(self, place: str) -> list[str]:
        """The names of the items in a receptacle, in the order of the house."""
        return sorted(self.inside[place], key=self._order.__getitem__)

    # --- which commands are admissible -------------------------------------------------------------------------------

    def _applicable(self) -> dict[str, Action]:
        """The admissible commands, each with what carries it out."""
        if self._actions is None:
            self._actions = dict(self._find_actions())
        return self._actions

    def _find_actions(self) -> Iterator[tuple[str, Action]]:
        yield "look", (self._look,)
        yield "inventory", (self._inventory,)
        yield "help", (self._help,)
        for name in self.receptacles:
            if name not in self.here:
                yield f"go to {name}", (self._go, name)
        for name in self.here:
            yield from self._at(self.receptacles[name])
        if self.holding:
            yield f"examine {self.holding}", (self._examine_item, self.holding)
            if self.items[self.holding].kind in KNIVES:
                yield from self._slices()

    def _at(self, place: Receptacle) -> Iterator[tuple[str, Action]]:
        name = place.name
        yield f"examine {name}", (self._examine, name)
        if place.openable and name in self.opened:
            yield f"close {name}", (self._close, name)
        elif place.openable:
            yield f"open {name}", (self._open, name)
        if self.holding:
            yield from self._with(self.items[self.holding], place)
        for item in self.inside[name]:
            can = self.items[item].can
            if "take" in can and not self.holding and self.reachable(name):
                yield f"take {item} from {name}", (self._take, item, name)
            if "use" in can:
                yield f"use {item}", (self._use, item)

    def _with(self, held: Item, place: Receptacle) -> Iterator[tuple[str, Action]]:
        if self.reachable(place.name) and held.kind in self.house.accepts.get(place.kind, ()):
            yield f"move {held.name} to {place.name}", (self._move, held.name, place.name)
        for verb, kind in APPLIANCES.items():
            if verb in held.can and place.kind == kind:
                yield f"{verb} {held.name} with {place.name}", (self._treat, verb, held.name, place.name)

    def _slices(self) -> Iterator[tuple[str, Action]]:
        for item in self.house.items:
            if "slice" in item.can and self._location in self._spots[item.name]:
                yield f"slice {item.name} with {self.holding}", (self._slice, item.name)

    # --- what they do ------------------------------------------------------------------------------------------------

    def _look(self) -> str:
        if not self.here:
            return INTRO.format("nothing")
        # ALFWorld's list "next to it" is of what was taken out of one receptacle here and put into another one.
        beside = [
            item
            for item in self._order
            if self._location in self._spots[item]
            for place in self.here
            if (item, place) in self._taken_out
        ]
        return f"You are facing the {listed(self.here, '')}. Next to it, you see {listed(beside)}."

    def _inventory(self) -> str:
        return f"You are carrying: {listed([self.holding])}." if self.holding else "You are not carrying anything."

    def _help(self) -> str:
        return HELP

    def _go(self, place: str) -> str:
        self._location = self.receptacles[place].location
        self.here = self.house.by_location[self._location]
        return f"You arrive at {place}. {self._examine(place)}"

    def _examine(self, place: str) -> str:
        if not self.reachable(place):
            return f"The {place} is closed."
        where = f"The {place} is open. In it" if self.receptacles[place].openable else f"On the {place}"
        return f"{where}, you see {listed(self.content(place))}."

    def _examine_item(self, name: str) -> str:
        item = self.items[name]
        if "contain" in item.can:
            return f"This is a normal {name}. In it, you see {listed(item.contents)}."
        states = [state for state in ("hot", "cool", "clean") if name in self.states[state]]
        sliced = ["sliced"] if name in self.states["sliced"] else []
        if states == ["cool"] and not sliced:
            return f"This is a cold {name}."
        if states or sliced:
            adjectives = [" and ".join(states)] * bool(states) + sliced
            return f"This is a {' '.join([*adjectives, name])}."
        if name in self.states["on"]:
            return f"This {name} is on."
        return f"There's nothing special about {name}."

    def _open(self, place: str) -> str:
        self.opened.add(place)
        return f"You open the {place}. {self._examine(place)}"

    def _close(self, place: str) -> str:
        self.opened.remove(place)
        return f"You close the {place}."

    def _take(self, item: str, place: str) -> str:
        self.holding = item
        self.inside[place].remove(item)
        self._taken_out.add((item, place))
        self._spots[item].discard(self._location)
        return f"You pick up the {item} from the {place}."

    def _move(self, item: str, place: str) -> str:
        self.holding = None
        self.inside[place].add(item)
        self._taken_out.discard((item, place))
        self._spots[item].add(self._location)
        return f"You move the {item} to the {place}."

    def _use(self, item: str) -> str:
        self.states["on"].add(item)
        return f"You turn on the {item}."

    def _treat(self, verb: str, item: str, place: str) -> str:
        if verb != "clean":
            self.states["hot"].discard(item)
            self.states["cool"].discard(item)
        self.states[RESULTS[verb]].add(item)
        return f"You {verb} the {item} using the {place}."

    def _slice(self, item: str) -> str:
        self.states["sliced"].add(item)
        return f"You sliced the {item} with the {self.holding}."
