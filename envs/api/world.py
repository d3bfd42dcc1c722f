"""One small world of people and services, grown from a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from envs.api.people import Person, make_people
from envs.records import State

__all__ = ["World"]


@dataclass
class World:
    """The state of some services at one moment of one person's life.

    Args:
        state: the records.
        now: the time, which stands still during an episode.
        people: who appears in it; the first is the user.
        rng: the dice for growing it.
        size: about how many records a busy table gets.
        novel: take names and things that no training task has.
    """

    state: State
    now: datetime
    people: list[Person]
    rng: random.Random
    size: int
    novel: bool

    @property
    def me(self) -> Person:
        """The user."""
        return self.people[0]

    def days_ago(self, days: int) -> str:
        """A day before today as 2025-03-31; a negative number is a day to come."""
        return (self.now - timedelta(days=days)).date().isoformat()

    def days_since(self, day: str) -> int:
        """How long ago a day was, as `days_ago` writes it; negative for one to come."""
        return (self.now.date() - date.fromisoformat(day)).days

    @classmethod
    def grow(cls, services: Sequence[type], seed: str, size: int, novel: bool = False) -> "World":
        """Make the tables of some `envs.api.services.base.Service` classes and fill them, in the order given."""
        rng = random.Random(seed)
        now = datetime(2025, 1, 6, 9) + timedelta(days=rng.randrange(700), minutes=15 * rng.randrange(32))
        world = cls(State(), now, make_people(rng, 6 + size // 2, novel), rng, size, novel)
        for service in services:
            for table, (prefix, columns) in service.tables.items():
                world.state.create(table, prefix, columns)
            service.fill(world)
        return world
