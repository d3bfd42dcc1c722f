"""Which tasks to explore next: those that the policy sometimes solves.

A task that is always solved has nothing left to teach, and of one that never is nothing is kept. An attempt is taken to
be worth p(1 - p), p being the chance to solve the task. What is believed of p comes from the attempts at the task and,
for want of these, from those at all tasks of its template.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envs.types import Task
from rollout.trajectory import Trajectory

__all__ = ["Frontier", "Plan"]

_PRIOR = 1.0
"""The template's rate weighs as much as so many attempts at the task itself."""


@dataclass(frozen=True)
class Plan:
    """What to explore in a round."""

    explore: list[Task]
    retry: list[Task]
    """Tasks that were never solved, to be tried more often."""


class Frontier:
    """What the attempts so far say about the tasks of one environment.

    Args:
        history: its episodes in all explorations; invalid ones say nothing.
    """

    def __init__(self, history: Iterable[Trajectory]):
        self.attempts: Counter[Task] = Counter()
        self.successes: Counter[Task] = Counter()
        for trajectory in history:
            if trajectory.valid:
                self.attempts[trajectory.task] += 1
                self.successes[trajectory.task] += trajectory.success
        self._tried, self._solved = Counter(), Counter()
        for task, n in self.attempts.items():
            self._tried[_template(task)] += n
            self._solved[_template(task)] += self.successes[task]

    def worth(self, task: Task) -> float:
        """The expectation of p(1 - p) under a Beta distribution, with the template's rate as prior."""
        rate = (self._solved[_template(task)] + 1) / (self._tried[_template(task)] + 2)
        won = self.successes[task] + _PRIOR * rate
        lost = self.attempts[task] - self.successes[task] + _PRIOR * (1 - rate)
        return won * lost / ((won + lost) * (won + lost + 1))

    def plan(self, fresh: Sequence[Task], explore: int, retry: int, seed: str) -> Plan:
        """Choose the tasks of a round.

        Args:
            fresh: tasks that nobody has tried. Out of them and of those tried before, tasks to explore are drawn
                without replacement, with chances that grow with their worth.
            explore, retry: how many, at most.
            seed: of the draw.
        """
        never = sorted(
            (task for task in self.attempts if not self.successes[task]),
            key=lambda task: (self.attempts[task], -self.worth(task), task.id),
        )
        retried = never[:retry]
        # Efraimidis and Spirakis 2006: the largest of u ** (1 / weight) are such a draw.
        rng = random.Random(seed)
        candidates = [*fresh, *sorted(self.attempts.keys() - set(retried), key=lambda task: task.id)]
        drawn = sorted(candidates, key=lambda task: rng.random() ** (1 / self.worth(task)), reverse=True)
        return Plan(drawn[:explore], retried)

    def pools(self) -> dict[str, int]:
        """How many tasks were solved never, sometimes and always."""
        pools = {"never": 0, "sometimes": 0, "always": 0}
        for task, attempts in self.attempts.items():
            won = self.successes[task]
            pools["never" if not won else "always" if won == attempts else "sometimes"] += 1
        return pools


def _template(task: Task) -> tuple[str, str]:
    return task.env, task.template or task.id
