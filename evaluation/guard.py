"""`guard`: no task of a suite is ever trained on."""

from collections.abc import Iterable, Iterator
from functools import cache

from envs.errors import UsageError
from envs.types import Task
from evaluation.instances import goal_key, has_own_world, initial_state, world_of
from evaluation.suites import load_suite, suite_names

__all__ = ["Held", "guard", "held"]

_NAMED = 3
"""Tasks that a refusal names."""


class Held:
    """The tasks that suites hold for evaluation, to be looked up by id, initial state and goal.

    A task is held when a suite has one with

    - its id: the same task; or
    - its initial state: the same world, however the goal is worded and whatever it is; or
    - its goal, but for case and white space, and is not known to have a world of its own. Where it has, the goal says
      nothing: templates word the goals of different worlds alike (`evaluation.instances` has the figures).
    """

    def __init__(self, tasks: Iterable[tuple[str, Task]]):
        self._ids: dict[tuple[str, str], str] = {}
        self._states: dict[str, str] = {}
        self._goals: dict[tuple[str, str], str] = {}
        for suite, task in tasks:
            where = f"task {task.id} of suite {suite}"
            self._ids.setdefault((task.env, task.id), where)
            self._states.setdefault(initial_state(task), where)
            if not has_own_world(task):
                self._goals.setdefault((world_of(task.env), goal_key(task.prompt)), where)

    def reason(self, task: Task) -> str | None:
        """Why a task may not be trained on, as the end of a sentence; None when it may."""
        if where := self._ids.get((task.env, task.id)):
            return f"is {where}"
        if where := self._states.get(initial_state(task)):
            return f"starts in the state of {where}"
        if where := self._goals.get((world_of(task.env), goal_key(task.prompt))):
            return f"has the goal of {where}"
        return None


def guard(tasks: Iterable[Task]) -> None:
    """Refuse training tasks that a suite holds for evaluation, be it for choosing (dev) or for reporting.

    Only suites with an environment of the training tasks are looked at, and nothing is built: generating the tasks of a
    suite is all it takes, once in a process: ten seconds for the web world, one for each of the others.

    Raises:
        UsageError: names tasks, and the suite's task that each is (see `Held`).
    """
    tasks = list(tasks)
    found = held(frozenset(world_of(task.env) for task in tasks))
    refused = [f"task {task.id} of {task.env} {reason}" for task in tasks if (reason := found.reason(task))]
    if refused:
        more = f"; and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
        raise UsageError(
            f"{len(refused)} of {len(tasks)} training tasks are held for evaluation, leave their episodes out: "
            f"{'; '.join(refused[:_NAMED])}{more}"
        )


@cache
def held(worlds: frozenset[str]) -> Held:
    """What all suites hold of these worlds (`instances.world_of`)."""
    return Held(_suite_tasks(worlds))


def _suite_tasks(worlds: frozenset[str]) -> Iterator[tuple[str, Task]]:
    entries = {entry: name for name in suite_names() for entry in load_suite(name).entries}
    for entry, suite in entries.items():
        if world_of(entry.env) in worlds:
            yield from ((suite, task) for task in entry.tasks())
