"""`Proposer`: a world in which the agent writes a task of another world, and hands it in with a solution and a check.

What is wrong with it is the model's mistake, counted under its reason (`envs.proof`); what
ends the episode is a proved task. A proposer of the world `maze` is registered as `maze-propose`, like any environment;
then `python -m rollout.propose --env maze` collects from it.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from envs.core import AgentEnv
from envs.proof import prove
from envs.types import Task

__all__ = ["Proposer"]


class Proposer(AgentEnv):
    """An author writes `tasks` (the occasions: what there is to propose about), `draft`, `solve` and one final tool.

    The tool takes what the model writes and returns `self.keep(...)` of it. `max_turns` above 1 lets the model mend a
    proposal: it is told why the last one was not kept.
    """

    world: ClassVar[type[AgentEnv]]
    """Whose tasks are proposed. Its own constructor's options are this one's too."""
    max_turns = 2

    @classmethod
    @abstractmethod
    def draft(cls, occasion: Task, **proposal: Any) -> Task:
        """The task that a proposal makes, in the split "train", not yet proved.

        Args:
            occasion: one of `tasks`.
            proposal: the arguments of the tool.

        Raises:
            Rejected: it cannot be made.
        """

    @classmethod
    def known_tasks(cls) -> Sequence[Task]:
        """Tasks that a proposal must not repeat: the first 500 of the world's own."""
        return cls.world.tasks("train")[:500]

    def setup(self, task: Task) -> None:
        self._kept = False

    def keep(self, **proposal: Any) -> str:
        """Draft the task and prove it.

        Raises:
            Rejected: it is not kept.
        """
        prove(self.world, self.draft(self.task, **proposal))
        self._kept = True
        return "The task is kept."

    def score(self) -> float:
        return float(self._kept)
