"""How the expert thinks: for each move several sentences, to be filled with the names of the task at hand."""

from envs.household.thoughts.requests import REQUESTS
from envs.household.thoughts.skills import SKILLS

__all__ = ["THOUGHTS"]

THOUGHTS: dict[str, tuple[str, ...]] = SKILLS | REQUESTS
