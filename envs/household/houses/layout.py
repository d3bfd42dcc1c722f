"""`Layout`: a room being furnished. Tasks rearrange it before it becomes the `House` that is played."""

import random
from collections.abc import Callable, Iterable

from envs.household.house import House, Item, Receptacle
from envs.household.houses.rooms import Room

__all__ = ["Layout", "kind_of"]

_SIZES = {1: 0, 2: 0, 3: 1, 4: 1, 5: 2}
"""By difficulty: small, usual or large numbers of receptacles."""
_KINDS = {1: (5, 6), 2: (7, 9), 3: (9, 13), 4: (12, 20), 5: (18, 40)}
"""How many kinds of things lie about."""
_COPIES = {1: (1, 1), 2: (1, 1), 3: (1, 2), 4: (1, 3), 5: (1, 3)}
"""How many of each."""


class Layout:
    """A furnished room.

    Args:
        room: the kind of room.
        difficulty: 1 (few receptacles without doors, few things) to 5 (as many of all as in the homes of ALFRED).
        rng: the dice.

    Attributes:
        numbers: how many receptacles of each kind there are.
        doors: for each receptacle True (open) or False (closed) where it has a door, None where it has not.
        where: the receptacle that each thing is in.
    """

    def __init__(self, room: Room, difficulty: int, rng: random.Random):
        self.room, self.rng = room, rng
        self.doors: dict[str, bool | None] = {}
        self.where: dict[str, str] = {}
        self.numbers = {kind: rng.randint(*numbers[_SIZES[difficulty]]) for kind, numbers in room.numbers.items()}
        for kind, count in self.numbers.items():
            for number in range(1, count + 1):
                closes = rng.random() < room.openable.get(kind, 0.0)
                certain = room.openable.get(kind) == 1.0
                self.doors[f"{kind} {number}"] = False if closes and (certain or difficulty > 1) else None
        fitting = [kind for kind in room.things if self.homes(kind) and rng.random() < room.things[kind]]
        for kind in rng.sample(fitting, min(len(fitting), rng.randint(*_KINDS[difficulty]))):
            for _ in range(1 if self.fixed(kind) else rng.randint(*_COPIES[difficulty])):
                self.add(kind)

    # --- questions ---------------------------------------------------------------------------------------------------

    def receptacles(self, *kinds: str) -> list[str]:
        """The receptacles of some kinds, or all of them."""
        return [name for name in self.doors if not kinds or kind_of(name) in kinds]

    def receptacle_kinds(self) -> list[str]:
        """The kinds of receptacle that are here."""
        return [kind for kind, count in self.numbers.items() if count]

    def things(self, *kinds: str, at: str | None = None) -> list[str]:
        """The things of some kinds, or of all; everywhere, or in one receptacle."""
        names = (name for name in self.where if not kinds or kind_of(name) in kinds)
        return [name for name in names if at is None or self.where[name] == at]

    def thing_kinds(self, able: str = "take", of: Callable[[str], bool] = lambda kind: True) -> list[str]:
        """The kinds of thing that are here, can be taken and have some other ability as well."""
        kinds = dict.fromkeys(map(kind_of, self.where))
        return [kind for kind in kinds if {"take", able} <= set(self.room.catalog[kind].can) and of(kind)]

    def fits(self, kind: str, receptacle: str) -> bool:
        """Whether a thing of a kind can be put into a receptacle, or into receptacles of that kind."""
        return kind_of(receptacle) in self.room.catalog[kind].places

    def fixed(self, kind: str) -> bool:
        """Whether things of a kind stay where they are."""
        return "take" not in self.room.catalog[kind].can

    def homes(self, kind: str) -> dict[str, float]:
        """The receptacles that can hold things of a kind, with how likely each one does."""
        places = self.room.catalog[kind].places
        return {
            f"{place} {number}": places[place] / count
            for place, count in self.numbers.items()
            if place in places
            for number in range(1, count + 1)
        }

    # --- changes -----------------------------------------------------------------------------------------------------

    def add(self, kind: str, at: str | None = None) -> str:
        """Add a thing, where people keep it or in a receptacle, and return its name."""
        name = f"{kind} {len(self.things(kind)) + 1}"
        self.where[name] = at or self.usual_place(kind)
        return name

    def usual_place(self, kind: str, avoid: Iterable[str] = ()) -> str:
        """A receptacle where people keep things of a kind."""
        homes = {name: weight for name, weight in self.homes(kind).items() if name not in avoid}
        return self.rng.choices(list(homes), list(homes.values()))[0]

    def remove(self, name: str) -> None:
        """Take a thing out of the house; the last of its kind gets its number."""
        last = self.things(kind_of(name))[-1]
        self.where[name] = self.where[last]
        del self.where[last]

    def house(self) -> House:
        """The house as the simulator plays it, listed as ALFWorld lists things: by kind, the last number first."""
        names = sorted(self.doors, key=_listed)
        receptacles = tuple(
            Receptacle(name, kind_of(name), place, openable=self.doors[name] is not None, open=bool(self.doors[name]))
            for place, name in enumerate(names)
        )
        catalog = self.room.catalog
        items = tuple(
            Item(name, kind_of(name), (self.where[name],), catalog[kind_of(name)].can)
            for name in sorted(self.where, key=_listed)
        )
        kinds = sorted({item.kind for item in items if "take" in item.can})
        accepts = {place: tuple(k for k in kinds if self.fits(k, place)) for place in self.receptacle_kinds()}
        return House(receptacles, items, accepts)


def kind_of(name: str) -> str:
    """`sidetable` for `sidetable 2`."""
    return name.partition(" ")[0]


def _listed(name: str) -> tuple[str, int]:
    kind, _, number = name.partition(" ")
    return kind, -int(number)
