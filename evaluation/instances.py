"""When two tasks are the same instance: one world at the start, or one question to a world that all tasks share.

Templates share their wording: of 2,000 train and explore tasks, 2% (db) to 20% (api) have word for word the goal of one
of 600 dev, test and novel tasks, in another world, where other things are right. So an equal goal means nothing where
each task has a world of its own, and everything where it has not.
"""

import hashlib

from envs.types import Task, canonical_json

__all__ = ["BUILT_FROM", "goal_key", "has_own_world", "initial_state", "world_of"]

_QUESTION = ("world", "plan")
BUILT_FROM: dict[str, tuple[str, ...]] = {
    "AgentTuning/AgentbenchDb-v0": ("tables",),
    "AgentTuning/Alfworld-v0": ("file", "line", "house"),
    "AgentTuning/Api-v0": ("world",),
    "AgentTuning/Db-v0": ("domain", "seed", "rows", "schema", "tables"),
    "AgentTuning/DbPropose-v0": ("domain", "seed", "rows"),
    "AgentTuning/Household-v0": ("house",),
    "AgentTuning/Miniwob-v0": ("page", "seed"),
    "AgentTuning/Os-v0": ("scenario", "seed", "size", "planted", "jobs"),
    "AgentTuning/Qa-v0": _QUESTION,
    "AgentTuning/QaGraph-v0": _QUESTION,
    "AgentTuning/Scienceworld-v0": ("experiment", "variation"),
    "AgentTuning/Textworld-v0": ("seed",),
    "AgentTuning/Web-v0": ("site", "seed", "size", "novel"),
}
"""The fields of `Task.data` from which an environment builds the task's world; of the two that ask about one shared
world, the fields that hold the question's meaning. The other fields say what is right, and how the expert does it."""
_SHARED = {"AgentTuning/Qa-v0": "knowledge", "AgentTuning/QaGraph-v0": "knowledge"}
"""Environments whose tasks share a world, and the name of that world."""


def initial_state(task: Task) -> str:
    """16 hexadecimal digits, equal for tasks of equal worlds at the start, whatever is asked there and in what words.

    Nothing is built: the state is a function of the fields in `BUILT_FROM`. In a shared world the digits stand for the
    question asked, whichever tools are there to answer it; in an unknown environment for all of the task's data.
    """
    content = {field: task.data.get(field) for field in _fields(task)} or task.data
    return hashlib.sha256(canonical_json([world_of(task.env), content]).encode()).hexdigest()[:16]


def has_own_world(task: Task) -> bool:
    """Whether the task is known to have a world of its own, so that another initial state makes it another task."""
    return task.env not in _SHARED and bool(_fields(task))


def world_of(env: str) -> str:
    """The name under which an environment's worlds are compared: its id, or that of the world which it shares."""
    return _SHARED.get(env, env)


def goal_key(text: str) -> str:
    """A text without regard to case and white space."""
    return " ".join(text.casefold().split())


def _fields(task: Task) -> tuple[str, ...]:
    """The fields that `BUILT_FROM` names, or none where the task has nothing in them (a box that is empty, say)."""
    fields = BUILT_FROM.get(task.env, ())
    return fields if any(task.data.get(field) for field in fields) else ()
