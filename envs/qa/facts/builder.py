"""What both makers of invented things need."""

import random
from datetime import date, timedelta

from envs.qa.facts.base import Facts, Value
from envs.qa.facts.names import Names

__all__ = ["Builder"]

UNKNOWN = 0.1
"""Share of the numbers that no article states."""


class Builder:
    """Adds invented things of one split to the facts, and links them."""

    def __init__(self, facts: Facts, split: str, rng: random.Random):
        self.facts, self.rng, self.names = facts, rng, Names(split, rng)
        self.cities = [city.title for city in facts.of_kind("city")]

    def link(self, a: str, relation: str, b: str, back: str) -> None:
        """State that `b` is a value of `a`'s relation, and of `b` the way back."""
        self.facts.link(a, relation, b)
        self.facts.link(b, back, a)

    def numbers(self, values: dict[str, float]) -> dict[str, tuple[Value, ...]]:
        """Numbers as facts, but for a few that stay unknown."""
        return {name: (value,) for name, value in values.items() if self.rng.random() >= UNKNOWN}

    def day(self, first_year: int, last_year: int) -> date:
        """Some day in these years."""
        start, end = date(first_year, 1, 1), date(last_year, 12, 20)
        return start + timedelta(days=self.rng.randrange((end - start).days))
