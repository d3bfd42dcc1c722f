"""`HouseholdEnv`: chores in houses of our own."""

from typing import Any

from envs.errors import UsageError
from envs.household.base import HouseholdBase
from envs.household.goals import ChoreGoal, read_goal
from envs.household.house import House
from envs.household.simulator import Simulator
from envs.household.tasks import ENV_ID, generated_tasks
from envs.types import Generated, Task

__all__ = ["HouseholdEnv"]


class HouseholdEnv(HouseholdBase):
    """A house grown from a seed, and something to be done in it.

    The episode ends when it is done, and also when a wrong choice has made it impossible: putting a thing into the
    place that the request rules out cannot be taken back.

    Args:
        options: those of `HouseholdBase`.
    """

    id = ENV_ID
    licence = "Apache-2.0"
    instructions = HouseholdBase.instructions + " A wrong choice ends it too."
    world: Simulator

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return generated_tasks(split)

    def build(self, task: Task) -> Simulator:
        if missing := {"house", "goal", "ask"} - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        return Simulator(House.from_data(task.data["house"]), read_goal(task.data["goal"]))

    def over(self) -> bool:
        goal = self.world.goal
        return super().over() or (isinstance(goal, ChoreGoal) and goal.lost(self.world))

    def progress(self) -> float:
        return self.world.goal.progress(self.world)

    def ask(self) -> dict[str, Any]:
        return self.task.data["ask"]
