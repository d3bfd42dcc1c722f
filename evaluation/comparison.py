"""Two runs on the same attempts: what changed, and is it more than chance? Pure functions on trajectories."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from envs.errors import UsageError
from evaluation.metrics import Score, grouped, mean_over_tasks, mean_over_worlds, score, task_interval
from evaluation.statistics import Interval, holm, mcnemar
from rollout.trajectory import Trajectory

__all__ = ["Comparison", "Difference", "Flip", "Noise", "Pair", "compare_runs", "difference", "noise", "pair_up"]

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
class Flip:
    """An attempt of which one run made a success and the other did not."""

    env: str
    task: str
    sample: int
    fixed: bool
    """Whether it is the second run that succeeded."""
    before: str
    """Id of the first run's trajectory."""
    after: str


@dataclass(frozen=True)
class Noise:
    """How far two runs of the very same policy are apart, as its repeated attempts tell."""

    tasks: int
    """Tasks with several valid attempts."""
    flips: float
    """Share of tasks that flip between two attempts, in [0, 1]."""
    change: float
    """Between two runs with one attempt a task, 19 of 20 differences in success are smaller than this."""


@dataclass(frozen=True)
class Comparison:
    """Two runs paired by (env, task, sample)."""

    overall: Difference
    macro: Difference
    """Each world weighing the same; its McNemar's test is of all pairs, as in `overall`."""
    by_world: Mapping[str, Difference]
    holm: Mapping[str, float]
    """The worlds' p, adjusted for there being several (Holm)."""
    by_difficulty: Mapping[int, Difference]
    flips: Sequence[Flip]
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
    first, second = _by_attempt(before), _by_attempt(after)
    pairs = pair_up(first.values(), second.values())
    shared = first.keys() & second.keys()
    by_world = _differences(pairs, lambda pair: pair[0].task.env)
    adjusted = holm([part.p for part in by_world.values()])
    return Comparison(
        overall=difference(pairs),
        macro=difference(pairs, by_world=True),
        by_world=by_world,
        holm=dict(zip(by_world, adjusted, strict=True)),
        by_difficulty=_differences(pairs, lambda pair: pair[0].task.difficulty),
        flips=[_flip(pair) for pair in pairs if pair[0].success != pair[1].success],
        before=score(b for b, _ in pairs),
        after=score(a for _, a in pairs),
        only_before=sorted({task for _, task, _ in first.keys() - second.keys()}),
        only_after=sorted({task for _, task, _ in second.keys() - first.keys()}),
        invalid_before=sum(not first[key].valid for key in shared),
        invalid_after=sum(not second[key].valid for key in shared),
    )


def pair_up(before: Iterable[Trajectory], after: Iterable[Trajectory]) -> list[Pair]:
    """The attempts that both runs have and that are valid in both, in the order of (env, task id, sample).

    Raises:
        UsageError: there is no such pair, or one task id stands for two different tasks.
    """
    first, second = _by_attempt(before), _by_attempt(after)
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
    return pairs


def difference(
    pairs: Sequence[Pair], holds: Callable[[Trajectory], bool] = lambda t: t.success, by_world: bool = False
) -> Difference:
    """Sum up what changed between the two episodes of every pair.

    Args:
        pairs: at least one.
        holds: what is asked of each episode; `fixed` then counts the pairs in which it holds only after.
        by_world: take the mean of the worlds' means instead of the mean over all tasks.
    """
    outcomes = [(b.task, float(holds(b)), float(holds(a))) for b, a in pairs]
    changes = [(task, after - before) for task, before, after in outcomes]
    fixed = sum(change > 0 for _, change in changes)
    broken = sum(change < 0 for _, change in changes)
    one_attempt_each = len({(task.env, task.id) for task, _ in changes}) == len(changes)
    mean = mean_over_worlds if by_world else mean_over_tasks
    return Difference(
        n=len(pairs),
        before=mean([(task, before) for task, before, _ in outcomes]),
        after=mean([(task, after) for task, _, after in outcomes]),
        change=mean(changes),
        interval=task_interval(changes, least=-1.0, by_world=by_world),
        fixed=fixed,
        broken=broken,
        p=mcnemar(fixed, broken) if one_attempt_each else math.nan,
    )


def noise(episodes: Iterable[Trajectory]) -> Noise | None:
    """The noise floor, from several attempts of one policy at each task, in one run or in repeats of it.

    With c successes in n attempts, 2c(n - c) / n(n - 1) of a task's pairs of attempts differ, which estimates twice
    the variance of one attempt without bias. The difference of two runs is a mean over tasks, and so nearly normal.

    Returns:
        None where no task has two valid attempts.
    """
    groups = grouped((t for t in episodes if t.valid), lambda t: (t.task.env, t.task.id)).values()
    attempts = [(len(group), sum(t.success for t in group)) for group in groups if len(group) > 1]
    if not attempts:
        return None
    flips = sum(2 * c * (n - c) / (n * (n - 1)) for n, c in attempts) / len(attempts)
    return Noise(len(attempts), flips, 1.96 * math.sqrt(flips / len(attempts)))


def _by_attempt(run: Iterable[Trajectory]) -> dict[tuple[str, str, int], Trajectory]:
    return {(t.task.env, t.task.id, t.sample): t for t in run}


def _differences(pairs: Sequence[Pair], key: Callable) -> dict:
    return {name: difference(group) for name, group in grouped(pairs, key).items()}


def _flip(pair: Pair) -> Flip:
    before, after = pair
    task = before.task
    return Flip(task.env, task.id, before.sample, after.success, before.id, after.id)
