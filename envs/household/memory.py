"""What somebody in a house knows who has only the texts to go by."""

import re

from envs.household.houses.layout import kind_of

__all__ = ["Memory"]

_NAMED = re.compile(r"\ban? ([a-z]+ \d+)")


class Memory:
    """Read from the first observation, and kept up to date with every command and what it gave.

    Attributes:
        places: the receptacles, by kind and number.
        here: the one that was gone to last.
        holding: the thing in the hand.
        seen: what is in each receptacle, for those that have been looked into.
        closed: for each receptacle whether it is closed, None for one without a door, missing where that is unknown.
    """

    def __init__(self, intro: str):
        self.places = sorted(_NAMED.findall(intro), key=lambda name: (kind_of(name), int(name.split()[1])))
        self.here: str | None = None
        self.holding: str | None = None
        self.seen: dict[str, list[str]] = {}
        self.closed: dict[str, bool | None] = {}

    def note(self, command: str, observation: str) -> None:
        """Learn from what a command gave, where it did something."""
        verb, _, rest = command.partition(" ")
        match verb:
            case "go" | "examine":
                self.here = rest.removeprefix("to ")
                self._look(self.here, observation)
            case "open":
                self._look(rest, observation)
            case "close":
                self.closed[rest] = True
            case "take":
                self.holding, _, place = rest.partition(" from ")
                self.seen[place].remove(self.holding)
            case "move":
                self.seen[rest.partition(" to ")[2]].append(self.holding)
                self.holding = None

    def _look(self, place: str, observation: str) -> None:
        if f"The {place} is closed" in observation:
            self.closed[place] = True
        else:
            self.closed[place] = False if f"The {place} is open" in observation else None
            self.seen[place] = _NAMED.findall(observation)

    def of_kind(self, kind: str) -> list[str]:
        """The receptacles of a kind."""
        return [place for place in self.places if kind_of(place) == kind]

    def where(self, thing: str) -> str | None:
        """The receptacle in which a thing was last seen."""
        return next((place for place, content in self.seen.items() if thing in content), None)

    def things(self, *kinds: str, at: str | None = None) -> list[str]:
        """The things of some kinds that have been seen and not been taken, everywhere or in one receptacle."""
        found = self.seen.get(at, []) if at else (thing for content in self.seen.values() for thing in content)
        return sorted({name for name in found if kind_of(name) in kinds}, key=lambda name: int(name.split()[1]))

    def unseen(self) -> list[str]:
        """The receptacles that have not been looked into."""
        return [place for place in self.places if place not in self.seen]
