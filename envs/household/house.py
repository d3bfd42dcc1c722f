"""`House`: the initial world of an episode, as plain data that survives JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

from envs.errors import UsageError

__all__ = ["ABILITIES", "STATES", "House", "Item", "Receptacle"]

ABILITIES = ("take", "clean", "heat", "cool", "slice", "use", "contain")
"""What can be done with an item; `contain`: it is a vessel, such as a mug or a box."""
STATES = ("clean", "hot", "cool", "sliced", "on")


@dataclass(frozen=True)
class Receptacle:
    """A place that one can go to and put things in or on.

    Args:
        name: as the agent reads it, `fridge 1`.
        kind: its type in one word, `fridge`; `sinkbasin` cleans, `microwave` heats, `fridge` cools.
        location: where it stands. Receptacles of one location are reached together.
        openable: whether it opens and closes; its content is out of reach while it is closed.
        open: whether it is open at first.
    """

    name: str
    kind: str
    location: int
    openable: bool = False
    open: bool = False


@dataclass(frozen=True)
class Item:
    """A thing that lies in or on receptacles.

    Args:
        name: as the agent reads it, `apple 1`.
        kind: its type in one word, `apple`; `knife` and `butterknife` slice.
        inside: names of the receptacles that it is in. ALFRED has pans that stand on two burners at once.
        can: some of `ABILITIES`.
        states: some of `STATES`.
        spots: locations at which it can be sliced; None means those of the receptacles that it is in.
        contents: names of what lies in a vessel, which is shown and does nothing else.
    """

    name: str
    kind: str
    inside: tuple[str, ...] = ()
    can: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    spots: tuple[int, ...] | None = None
    contents: tuple[str, ...] = ()


@dataclass(frozen=True)
class House:
    """Receptacles and items in the order in which texts list them.

    Args:
        receptacles: every place.
        items: every thing.
        accepts: the kinds of item that can be put in or on each kind of receptacle.
    """

    receptacles: tuple[Receptacle, ...]
    items: tuple[Item, ...]
    accepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def by_location(self) -> dict[int, tuple[str, ...]]:
        """The names of the receptacles of each location."""
        places: dict[int, tuple[str, ...]] = {}
        for place in self.receptacles:
            places[place.location] = (*places.get(place.location, ()), place.name)
        return places

    def to_data(self) -> dict[str, Any]:
        """JSON values, the exact inverse of `from_data`; fields that have their default are left out."""
        return {
            "receptacles": [_spare(place) for place in self.receptacles],
            "items": [_spare(item) for item in self.items],
            "accepts": {kind: list(kinds) for kind, kinds in self.accepts.items()},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "House":
        """Read a house.

        Raises:
            UsageError: a key or a word is missing or unknown, or two things have one name.
        """
        try:
            places = tuple(Receptacle(**row) for row in data["receptacles"])
            items = tuple(Item(**{key: _frozen(value) for key, value in row.items()}) for row in data["items"])
            house = cls(places, items, {kind: tuple(kinds) for kind, kinds in data["accepts"].items()})
        except (KeyError, TypeError) as error:
            raise UsageError(f"a house needs receptacles, items and accepts: {error}") from None
        names = [thing.name for thing in (*places, *items)]
        if len(set(names)) < len(names):
            raise UsageError(f"a house has two things named {max(names, key=names.count)!r}")
        known = {place.name for place in places}
        for item in items:
            for words, allowed in ((item.inside, known), (item.can, ABILITIES), (item.states, STATES)):
                if unknown := set(words).difference(allowed):
                    raise UsageError(f"{item.name}: no such receptacle, ability or state: {', '.join(sorted(unknown))}")
        return house


def _spare(thing: Receptacle | Item) -> dict[str, Any]:
    defaults = {f.name: f.default for f in fields(thing)}
    spare = {key: value for key, value in asdict(thing).items() if value != defaults[key]}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in spare.items()}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
