"""One plan for each kind of request: `plan(expert, ask)` plays it with the skills of `Expert`."""

import random
from collections.abc import Callable

from envs.household.expert import Expert, NotFound, Request, Steps
from envs.household.plans.choosing import CHOOSING
from envs.household.plans.classic import CLASSIC
from envs.household.plans.moving import MOVING
from envs.household.plans.ordering import ORDERING
from envs.household.plans.tending import TENDING

__all__ = ["PLANS", "solve"]

Plan = Callable[[Expert, Request], Steps[None]]
PLANS: dict[str, Plan] = CLASSIC | MOVING | CHOOSING | TENDING | ORDERING


def solve(ask: Request, intro: str, seed: str) -> Steps[None]:
    """Play a request by what can be seen: yields (thought, command), is sent what the command gave.

    It stops when the plan is done, or when it knows no further.

    Args:
        ask: the request, `kind` and its words. For the six of ALFWorld these are `AlfworldGoal.to_data()`.
        intro: the first observation, which lists the receptacles.
        seed: of the dice that choose the words.
    """
    try:
        yield from PLANS[ask["kind"]](Expert(intro, random.Random(seed)), ask)
    except NotFound:
        return
