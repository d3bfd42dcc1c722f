"""From trajectories to a score. Pure functions: nothing is read, run or printed here.

An episode that the machine broke (`valid` is False) says nothing about the policy. It is left out of every rate but
`attempted`, in which it is a failure, and is counted.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from envs.errors import FormatError
from envs.types import Task
from evaluation.cost import Cost, cost_of
from evaluation.statistics import Interval, cluster_interval, pass_at_k, pass_hat_k
from rollout.prices import Price
from rollout.trajectory import Stop, Trajectory

__all__ = [
    "COMPLETE",
    "Rate",
    "Score",
    "grouped",
    "mean_over_tasks",
    "mean_over_worlds",
    "rate",
    "score",
    "task_interval",
    "to_json",
]

COMPLETE = 0.95
"""The share of the planned episodes that must be valid for a score to stand."""


@dataclass(frozen=True)
class Rate:
    """A success rate over episodes."""

    n: int
    """Episodes."""
    share: float
    """Mean over tasks of the mean over a task's attempts, in [0, 1]; NaN when `n` is 0."""
    interval: Interval


@dataclass(frozen=True)
class Score:
    """What a run says about a policy. Counts and rates are over valid episodes unless they say otherwise."""

    planned: int
    """Episodes that were asked for."""
    n: int
    """Episodes that were played, valid or not."""
    tasks: int
    """Tasks with a valid episode."""
    invalid: Mapping[Stop, int]
    """Episodes that the machine broke, by how."""
    success: Rate
    """Over completed attempts, the valid episodes."""
    attempted: Rate
    """Over all attempts, every invalid episode as a failure."""
    macro: Rate
    """Mean of the worlds' success rates, each world weighing the same; the interval is from within the worlds."""
    reward: Mapping[str, float]
    """Mean reward of each world in [0, 1], over tasks as in `Rate.share`; of an episode without an end it is 0."""
    by_world: Mapping[str, Rate]
    """Keys are environment ids."""
    by_difficulty: Mapping[int, Rate]
    by_template: Mapping[str, Rate]
    """Keys are `env template`."""
    by_turns: Mapping[str, Rate]
    """Success of the episodes that took so many actions: 1, 2, 3-4, 5-8, ..."""
    pass_at: Mapping[int, float]
    """k to mean pass@k over the tasks with at least k valid attempts; k is 1, 2, 4, ... and the most attempts made."""
    pass_hat: Mapping[int, float]
    """The same for pass^k, the chance that k attempts all succeed."""
    stops: Mapping[Stop, int]
    actions: int
    """Messages of the policy."""
    format_validity: float
    """Share of them that could be read as an action."""
    errors: Mapping[str, int]
    """The policy's mistakes by kind, one a message at most."""
    of_success: Cost
    """Mean of the successful episodes."""
    per_success: Cost
    """Of all episodes, failed and invalid ones too, divided by the successes: the price of one."""
    total: Cost
    """Of all episodes."""

    @property
    def completeness(self) -> float:
        """Share of the planned episodes that are valid; NaN when none was planned."""
        return _ratio(self.success.n, self.planned)

    @property
    def complete(self) -> bool:
        """Whether so many were completed that the rates stand for what was planned."""
        return self.completeness >= COMPLETE


def score(
    trajectories: Iterable[Trajectory], planned: int | None = None, prices: Mapping[str, Price] | None = None
) -> Score:
    """Score the episodes of one run.

    Args:
        trajectories: the episodes that were played.
        planned: how many were asked for; None for those that were played.
        prices: for the dollars; without an entry for the policy they are NaN.
    """
    episodes = list(trajectories)
    valid = [t for t in episodes if t.valid]
    won = [t for t in valid if t.success]
    steps = [step for t in valid for step in t.steps]
    errors = Counter(step.error for step in steps if step.error)
    attempts = [(len(group), sum(t.success for t in group)) for group in grouped(valid, _task_key).values()]
    most = max((n for n, _ in attempts), default=0)
    ks = sorted({2**i for i in range(most.bit_length())} | ({most} - {0}))
    worlds = grouped(valid, lambda t: t.task.env)
    total = cost_of(episodes, prices or {})
    return Score(
        planned=len(episodes) if planned is None else planned,
        n=len(episodes),
        tasks=len(attempts),
        invalid=_counted(t.stop for t in episodes if not t.valid),
        success=rate(valid),
        attempted=rate(episodes),
        macro=rate(valid, by_world=True),
        reward={env: mean_over_tasks((t.task, t.reward) for t in group) for env, group in worlds.items()},
        by_world=_rates(valid, lambda t: t.task.env),
        by_difficulty=_rates(valid, lambda t: t.task.difficulty),
        by_template=_rates(valid, _template_key),
        by_turns=_by_turns(valid),
        pass_at={k: _known_mean(pass_at_k(n, c, k) for n, c in attempts) for k in ks},
        pass_hat={k: _known_mean(pass_hat_k(n, c, k) for n, c in attempts) for k in ks},
        stops=_counted(t.stop for t in valid),
        actions=len(steps),
        format_validity=_ratio(len(steps) - errors[FormatError.kind], len(steps)),
        errors={kind: count for kind, count in errors.most_common() if count},
        of_success=cost_of(won, prices or {}) / len(won),
        per_success=total / len(won),
        total=total,
    )


def rate(episodes: Sequence[Trajectory], by_world: bool = False) -> Rate:
    """Success of episodes, invalid ones being failures; the interval has templates as clusters.

    With `by_world` each world weighs the same, else each task.
    """
    outcomes = [(t.task, float(t.success)) for t in episodes]
    mean = mean_over_worlds if by_world else mean_over_tasks
    return Rate(len(episodes), mean(outcomes), task_interval(outcomes, least=0.0, by_world=by_world))


def mean_over_tasks(values: Iterable[tuple[Task, float]]) -> float:
    """Mean over tasks of the mean over a task's values: every task weighs the same, however often it was tried."""
    return _known_mean(_task_means(values).values())


def mean_over_worlds(values: Iterable[tuple[Task, float]]) -> float:
    """Mean over worlds of `mean_over_tasks`: every world weighs the same, however many tasks it has."""
    return _known_mean(mean_over_tasks(group) for group in grouped(values, lambda pair: pair[0].env).values())


def task_interval(values: Iterable[tuple[Task, float]], least: float, by_world: bool = False) -> Interval:
    """Interval of `mean_over_tasks(values)`, the values in [`least`, 1]; templates are the clusters.

    A task without a template is a cluster of its own. With `by_world` it is the interval of `mean_over_worlds(values)`.
    """
    means = _task_means(values)
    clusters = [(task.env, task.template or task.id) for task in means]
    strata = [task.env for task in means] if by_world else None
    return cluster_interval(list(means.values()), clusters, strata, least=least)


def grouped(items: Iterable[Any], key: Callable[[Any], Hashable]) -> dict[Any, list[Any]]:
    """Lists of the items that have the same key, in the order of the keys."""
    groups = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return {k: groups[k] for k in sorted(groups)}


def to_json(result: Any) -> Any:
    """A result's dataclass as JSON values: NaN becomes null and every key a string."""

    def plain(value):
        if isinstance(value, dict):
            return {str(k): plain(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [plain(v) for v in value]
        return None if isinstance(value, float) and math.isnan(value) else value

    return plain(asdict(result))


def _rates(episodes: Sequence[Trajectory], key: Callable[[Trajectory], Hashable]) -> dict[Any, Rate]:
    return {name: rate(group) for name, group in grouped(episodes, key).items()}


def _by_turns(valid: Sequence[Trajectory]) -> dict[str, Rate]:
    rates = _rates([t for t in valid if t.steps], lambda t: (len(t.steps) - 1).bit_length())
    return {f"{2**b // 2 + 1}-{2**b}" if b > 1 else str(2**b): found for b, found in rates.items()}


def _task_means(values: Iterable[tuple[Task, float]]) -> dict[Task, float]:
    groups = grouped(values, lambda pair: (pair[0].env, pair[0].id))
    return {group[0][0]: sum(value for _, value in group) / len(group) for group in groups.values()}


def _task_key(trajectory: Trajectory) -> tuple[str, str]:
    return trajectory.task.env, trajectory.task.id


def _template_key(trajectory: Trajectory) -> str:
    return f"{trajectory.task.env} {trajectory.task.template or '(no template)'}"


def _counted(stops: Iterable[Stop]) -> dict[Stop, int]:
    return dict(Counter(stops).most_common())


def _known_mean(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return _ratio(sum(known), len(known))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
