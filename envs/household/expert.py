"""The expert: it knows the request, what it has seen and the habits of homes, and thinks aloud.

It plays our houses and ALFWorld's games alike and never looks into the simulator: what it knows of a house is in its
`Memory`, made of observations, and where it searches first comes from the tables of `envs.household.houses`.
"""

import random
from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any, TypeVar

from envs.household.english import a, at, capitalized, join, plural, preposition
from envs.household.houses import DOORS, EVERYTHING
from envs.household.houses.layout import kind_of
from envs.household.memory import Memory
from envs.household.simulator import APPLIANCES
from envs.household.texts import NOTHING_HAPPENS
from envs.household.thoughts import THOUGHTS

__all__ = ["Expert", "NotFound", "Request", "Steps"]

Request = Mapping[str, Any]
"""What is asked for: its `kind` and the words of the prompt that matter."""
T = TypeVar("T")
Steps = Generator[tuple[str, str], str, T]
"""Yields (thought, command), is sent what the command gave, and returns a T."""

_STRANGE = 0.02
"""Weight of a place where nobody keeps such a thing: searched when the likely ones are done."""


class NotFound(Exception):
    """There is no such thing in any place that can be looked into."""


class Expert:
    """Skills of which plans are made. Each yields what it does and keeps the memory up to date.

    Args:
        intro: the first observation, which lists the receptacles.
        rng: the dice, for words.
    """

    def __init__(self, intro: str, rng: random.Random):
        self.memory, self._rng = Memory(intro), rng
        self._pending: list[str] = []
        self._sought: set[str] = set()

    # --- words -------------------------------------------------------------------------------------------------------

    def remark(self, key: str, **words: Any) -> None:
        """Think something more before the next action."""
        self._pending.append(self._word(key, **words))

    def _word(self, key: str, **words: Any) -> str:
        return capitalized(self._rng.choice(THOUGHTS[key]).format_map(_Forms(words)))

    def act(self, command: str, key: str, **words: Any) -> Steps[bool]:
        """Carry out a command; False when nothing happened."""
        thought = " ".join([*self._pending, self._word(key, **words)])
        self._pending.clear()
        observation = yield thought, command
        if observation.endswith(NOTHING_HAPPENS):
            return False
        self.memory.note(command, observation)
        return True

    # --- places ------------------------------------------------------------------------------------------------------

    def go(self, place: str, key: str, **words: Any) -> Steps[None]:
        """Go to a place, unless this is it."""
        if self.memory.here == place:
            return
        if not (yield from self.act(f"go to {place}", key, place=place, **words)):
            # Some places of ALFWorld are reached from one spot: standing there, one need not and cannot go to them.
            yield from self.act(f"examine {place}", "examine", place=place)

    def reach(self, place: str, key: str, **words: Any) -> Steps[None]:
        """Go to a place and open it if it is closed, so that its content can be seen."""
        yield from self.go(place, key, **words)
        if self.memory.closed.get(place):
            yield from self.act(f"open {place}", "open", place=place)

    def inspect(self, place: str) -> Steps[list[str]]:
        """Look what is in a place, unless that is known; returns the things."""
        if place not in self.memory.seen:
            yield from self.reach(place, "inspect")
        return list(self.memory.seen[place])

    def close(self, place: str) -> Steps[None]:
        """Close a place that is open."""
        yield from self.go(place, "return-to-close")
        if self.memory.closed[place] is False:
            yield from self.act(f"close {place}", "close", place=place)

    # --- things ------------------------------------------------------------------------------------------------------

    def find(self, *kinds: str, skip: Collection[str] = (), away: Collection[str] = ()) -> Steps[str]:
        """Search for a thing of one of some kinds and stand before it; returns its name.

        Args:
            kinds: what to look for, `apple`.
            skip: names of things that do not count.
            away: receptacles in which they do not count.

        Raises:
            NotFound: every place has been looked into.
        """
        key = "search-on" if kinds[0] in self._sought else "search-first"
        while not (known := self._known(kinds, skip, away)):
            place = self._likeliest(kinds)
            yield from self.reach(place, key, **self._search_words(kinds, place))
            self._sought.update(kinds)
            key = self._next_key(kinds)
        yield from self.reach(self.memory.where(known[0]), "recall", thing=known[0])
        return known[0]

    def take(self, name: str) -> Steps[str]:
        """Take a thing that has been seen, with an empty hand."""
        place = self.memory.where(name)
        yield from self.reach(place, "recall", thing=name)
        if self.memory.holding:
            yield from self.lay_down()
            yield from self.reach(place, "back", thing=name)
        yield from self.act(f"take {name} from {place}", "take", thing=name, place=place)
        return name

    def fetch(self, *kinds: str, away: Collection[str] = ()) -> Steps[str]:
        """Find a thing and take it; returns its name."""
        name = yield from self.find(*kinds, away=away)
        return (yield from self.take(name))

    def put(self, place: str) -> Steps[None]:
        """Bring what is held to a place."""
        name = self.memory.holding
        yield from self.reach(place, "carry", thing=name)
        yield from self.act(f"move {name} to {place}", "put", thing=name, place=place)

    def lay_down(self) -> Steps[None]:
        """Empty the hand: here if such a thing is kept here, else on the nearest place that is open and takes it."""
        name = self.memory.holding
        ready = [place for place in self.memory.seen if not self.memory.closed[place]]
        near = sorted(ready, key=lambda place: place != self.memory.here)
        self.remark("hand-full", thing=name)
        for place in dict.fromkeys((*near, *self.memory.places)):
            if _weight([kind_of(name)], place) > _STRANGE:
                yield from self.reach(place, "aside", thing=name)
                if (yield from self.act(f"move {name} to {place}", "lay-down", thing=name, place=place)):
                    return

    def treat(self, verb: str) -> Steps[None]:
        """Clean, heat or cool what is held."""
        name = self.memory.holding
        appliance = self.choose(APPLIANCES[verb])
        yield from self.go(appliance, f"to-{verb}", thing=name)
        yield from self.act(f"{verb} {name} with {appliance}", verb, thing=name, place=appliance)

    def choose(self, kind: str) -> str:
        """A receptacle of a kind: this one, one that is known to be open, or the first."""
        places = self.memory.of_kind(kind)
        if self.memory.here in places:
            return self.memory.here
        ready = [place for place in places if place in self.memory.seen and not self.memory.closed[place]]
        return (ready or places)[0]

    # --- where to search ---------------------------------------------------------------------------------------------

    def _known(self, kinds: Sequence[str], skip: Collection[str], away: Collection[str]) -> list[str]:
        """The things of some kinds that have been seen, those that are here first."""
        where = self.memory.where
        names = [name for name in self.memory.things(*kinds) if name not in skip and where(name) not in away]
        return sorted(names, key=lambda name: where(name) != self.memory.here)

    def _likeliest(self, kinds: Sequence[str]) -> str:
        """Where to look next: likely places first; what may have to be opened costs one more action."""

        def chance(place: str) -> float:
            cost = 2 if kind_of(place) in DOORS else 1
            return _weight(kinds, place) / len(self.memory.of_kind(kind_of(place))) / cost

        unseen = self.memory.unseen()
        if not unseen:
            raise NotFound(kinds)
        return max(unseen, key=chance)

    def _next_key(self, kinds: Sequence[str]) -> str:
        """How to think of the next place: only what is true of the last one may be said of it."""
        if self.memory.things(*kinds):
            return "search-on"
        return "search-summary" if 2 <= len(self.memory.seen) <= 4 and self._rng.random() < 0.4 else "search-next"

    def _search_words(self, kinds: Sequence[str], place: str) -> dict[str, str]:
        """What can be said on the way to a place: up to three likely kinds of place, this one among them."""
        unseen = sorted(
            {kind_of(each) for each in self.memory.unseen()}, key=lambda kind: (-_weight(kinds, kind), kind)
        )
        likely = [kind for kind in unseen if _weight(kinds, kind) > 0.5 and kind != kind_of(place)][:2]
        likely = [kind for kind in unseen if kind in (*likely, kind_of(place))]
        return {
            "kind": join(kinds, "or"),
            "kinds": join([plural(kind) for kind in kinds], "or"),
            "likely": join([f"{preposition(kind)} {self._named(kind)}" for kind in likely], "or"),
            "seen": join(list(self.memory.seen) or ["nothing"]),
            "here": self.memory.here or "the middle of the room",
        }

    def _named(self, kind: str) -> str:
        places = self.memory.of_kind(kind)
        return places[0] if len(places) == 1 else a(kind)


def _weight(kinds: Sequence[str], place: str) -> float:
    """How likely things of some kinds are kept in a receptacle, or in receptacles of that kind."""
    known = [EVERYTHING[kind] for kind in kinds if kind in EVERYTHING]
    return max((thing.places.get(kind_of(place), _STRANGE) for thing in known), default=1.0)


class _Forms(dict):
    """Words, and what follows from them: `{a_x}` and `{xs}` from a kind `{x}`, `{at_x}` from a receptacle `{x}`."""

    def __missing__(self, form: str) -> str:
        if form.startswith("a_"):
            return a(self[form[2:]])
        if form.startswith("at_"):
            return at(self[form[3:]])
        if form.endswith("s") and form[:-1] in self:
            return plural(self[form[:-1]])
        raise KeyError(form)
