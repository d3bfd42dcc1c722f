"""Tasks in houses of our own, made from (split, index) alone."""

import random

from envs.household import plans
from envs.household.goals import read_goal
from envs.household.house import House
from envs.household.houses import NOVEL_ROOMS, ROOMS
from envs.household.simulator import Simulator
from envs.household.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES, Draft, Scene, Unfit
from envs.types import SPLITS, Generated, Task

__all__ = ["ENV_ID", "generated_tasks", "make_task"]

ENV_ID = "AgentTuning/Household-v0"
_ATTEMPTS = 400
_TURNS = {1: (4, 8), 2: (4, 8), 3: (6, 16), 4: (7, 24), 5: (8, 40)}
"""Fewest and most actions that the expert needs, by difficulty: it has to search, and sees no more than the agent."""


def generated_tasks(split: str) -> Generated:
    """The endless tasks of a split. Difficulty goes round 1 to 5, and within each the templates take turns."""
    return Generated(make_task, split)


def make_task(split: str, index: int) -> Task:
    """Task `index` of a split. Its dice are seeded with the split's name, so splits share none."""
    templates, rooms = (NOVEL_TEMPLATES, NOVEL_ROOMS) if split == "novel" else (SEEN_TEMPLATES, ROOMS)
    difficulty = index % 5 + 1
    fitting = [template for template in templates if difficulty in template.difficulties]
    template = fitting[(SPLITS.index(split) + index // 5) % len(fitting)]
    rng = random.Random(f"{split}/{index}")
    for _ in range(_ATTEMPTS):
        scene = Scene(rng.choice(rooms), difficulty, rng)
        try:
            draft = template.make(scene)
        except Unfit:
            continue
        house = scene.layout.house()
        fewest, most = _TURNS[difficulty]
        if fewest <= _turns(house, draft, most) <= most:
            data = {"house": house.to_data(), "goal": draft.goal, "ask": draft.ask}
            return Task(ENV_ID, draft.prompt, data, split, difficulty, template.name)
    raise RuntimeError(f"template {template.name} found nothing to do in {_ATTEMPTS} rooms")


def _turns(house: House, draft: Draft, most: int) -> int:
    """How many actions the expert needs; 0 where there is nothing to do, more than `most` where it needs more."""
    world = Simulator(house, read_goal(draft.goal))
    solution, observation, turns = plans.solve(draft.ask, world.intro(), ""), None, 0
    while not world.won and turns <= most:
        _, command = solution.send(observation)
        observation = world.act(command)
        turns += 1
    return turns
