"""What is so in the world of one split: real things, and invented ones that no other split has."""

import random

from envs.qa.facts.base import Entity, Facts, Value
from envs.qa.facts.business import add_business
from envs.qa.facts.real import real_airports, real_facts
from envs.qa.facts.seafaring import add_seafaring

__all__ = ["Entity", "Facts", "Value", "make_facts"]


def make_facts(split: str) -> Facts:
    """The facts of a split.

    Raises:
        UsageError: a package with open data is missing or of another version.
    """
    facts, rng = real_facts(), random.Random(f"qa/{split}")
    if split == "novel":
        real_airports(facts)
        add_seafaring(facts, split, rng)
    else:
        add_business(facts, split, rng)
    return facts
