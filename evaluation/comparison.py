"""Two runs on the same attempts: what changed, and is it more than chance? Pure functions on trajectories."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from envs.errors import UsageError
from evaluation.metrics import Score, grouped, mean_over_tasks, score, task_interval
from evaluation.statistics import Interval, mcnemar
from rollout.trajectory import Trajectory

__all__ = ["Comparison", "Difference", "compare_runs", "difference"]

Pair = tuple[Trajectory, Trajectory]
"""The same attempt before and after, both valid."""


@dataclass(frozen=True)
class Difference:
    """What changed between the episodes of some pairs. Shares are in [0, 1], means over tasks as in `Rate.share`."""

    n: int
    """Pairs of valid episodes."""
    before: float
    after: float
    change: float
    """after - before."""
    interval: Interval
    """Of `change`, paired, with templates as clusters."""
    fixed: int
    """Pairs that failed before and succeeded after."""
    broken: int
    """Pairs that succeeded before and failed after."""
    p: float
    """Exact McNemar; NaN where a task has several attempts, which the test would take for independent ones."""


@dataclass(frozen=True)
class Comparison:
    """Two runs paired by (env, task, sample)."""

    overall: Difference
    by_difficulty: Mapping[int, Difference]
    before: Score
    """Of the paired episodes alone; so is `after`."""
    after: Score
    only_before: Sequence[str]
    """Ids of tasks with attempts that only the first run has, sorted."""
    only_after: Sequence[str]
    invalid_before: int
    """Attempts that both runs have and of which the first one's is invalid: they make no pair."""
    invalid_after: int


def compare_runs(before: Iterable[Trajectory], after: Iterable[Trajectory]) -> Comparison:
    """Pair two runs by (env, task, sample). An attempt that one run lacks, or that is invalid in one, makes no pair.

    Raises:
        UsageError: there is no pair, or one task id stands for two different tasks.
    """
    first, second = ({(t.task.env, t.task.id, t.sample): t for t in run} for run in (before, after))
    shared = [(first[key], second[key]) for key in sorted(first.keys() & second.keys())]
    for b, a in shared:
        if (b.task.prompt, b.task.data) != (a.task.prompt, a.task.data):
            raise UsageError(f"task {b.task.id} of {b.task.env} is not the same task in both runs: nothing to compare")
    pairs = [(b, a) for b, a in shared if b.valid and a.valid]
    if not pairs:
        raise UsageError(
            f"no episode can be paired: the runs share {len(shared)} attempts (env, task, sample) of {len(first)} and "
            f"{len(second)}, and none of these is valid in both"
        )
    groups = grouped(pairs, lambda pair: pair[0].task.difficulty)
    return Comparison(
        overall=difference(pairs),
        by_difficulty={level: difference(group) for level, group in groups.items()},
        before=score(b for b, _ in pairs),
        after=score(a for _, a in pairs),
        only_before=sorted({task for _, task, _ in first.keys() - second.keys()}),
        only_after=sorted({task for _, task, _ in second.keys() - first.keys()}),
        invalid_before=sum(not b.valid for b, _ in shared),
        invalid_after=sum(not a.valid for _, a in shared),
    )


def difference(pairs: Sequence[Pair]) -> Difference:
    """Sum up what changed between the two episodes of every pair."""
    changes = [(b.task, float(a.success) - float(b.success)) for b, a in pairs]
    fixed = sum(change > 0 for _, change in changes)
    broken = sum(change < 0 for _, change in changes)
    one_attempt_each = len({(task.env, task.id) for task, _ in changes}) == len(changes)
    return Difference(
        n=len(pairs),
        before=mean_over_tasks((b.task, float(b.success)) for b, _ in pairs),
        after=mean_over_tasks((a.task, float(a.success)) for _, a in pairs),
        change=mean_over_tasks(changes),
        interval=task_interval(changes, least=-1.0),
        fixed=fixed,
        broken=broken,
        p=mcnemar(fixed, broken) if one_attempt_each else math.nan,
    )
