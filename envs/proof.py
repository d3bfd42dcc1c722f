"""Whether a task from elsewhere may be kept: its solution passes, twice alike, and doing nothing or anything fails."""

from contextlib import closing
from typing import Any

from envs.core import AgentEnv
from envs.errors import ModelError
from envs.testing import check_task, play
from envs.types import Task

__all__ = ["REASONS", "Rejected", "prove"]

REASONS = {
    "refused": "It asks for what the world's own tools do not allow.",
    "unsolvable": "The solution or the check fails, or the check does not accept the solution.",
    "trivial": "Doing nothing, or acting at random, passes.",
    "flaky": "Two plays of the solution end differently, or the answer depends on chance.",
    "unseen": "The answer is longer than what an agent is shown.",
}


class Rejected(ModelError):
    """A task that is not kept. `kind` is the reason, a word under which it is counted; `detail` is for its author."""

    def __init__(self, kind: str, detail: str):
        super().__init__(f"The task is not kept ({kind}): {detail}")
        self.kind, self.detail = kind, detail


def prove(cls: type[AgentEnv], task: Task, **options: Any) -> None:
    """Play the reference of `task`, nothing, and at random.

    Args:
        cls: the environment of the task.
        options: of its constructor.

    Raises:
        Rejected: the task keeps less than the contract of `envs.testing.check_task`.
    """
    first, second = (_play(cls, task, options) for _ in range(2))
    if [row[1:] for row in first] != [row[1:] for row in second]:
        raise Rejected("flaky", "two plays of the solution differ in reward or in the state they leave")
    observation, reward, _ = first[-1]
    if reward < 1:
        raise Rejected("unsolvable", f"the solution scores {reward:g}; at last the world said {observation[-200:]!r}")
    if problems := check_task(cls, task, **options):
        raise Rejected("trivial", problems[0])


def _play(cls: type[AgentEnv], task: Task, options: dict[str, Any]) -> list[tuple[str, float, str]]:
    """(observation, reward, state key) of every step of the reference."""
    with closing(cls(**options)) as env:
        return [(observation, reward, key) for observation, reward, _, key in play(env, task, env.expert())]
