"""From trajectories to a score. Pure functions: nothing is read, run or printed here.

An episode that the machine broke (`valid` is False) says nothing about the policy. It is left out of every rate, is
counted, and enters the worst case as a failure.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from envs.errors import FormatError
from envs.types import Task
from evaluation.statistics import Interval, cluster_interval, pass_at_k, pass_hat_k, wilson
from rollout.trajectory import Stop, Trajectory, Usage

__all__ = ["Rate", "Score", "grouped", "mean_over_tasks", "rate", "score", "task_interval", "to_json"]


@dataclass(frozen=True)
class Rate:
    """A success rate over valid episodes."""

    n: int
    """Valid episodes."""
    share: float
    """Mean over tasks of the mean over a task's attempts, in [0, 1]; NaN when `n` is 0."""
    interval: Interval


@dataclass(frozen=True)
class Score:
    """What a run says about a policy. Counts and rates are over valid episodes unless they say otherwise."""

    n: int
    """Episodes, valid or not."""
    tasks: int
    """Tasks with a valid episode."""
    invalid: Mapping[Stop, int]
    """Episodes that the machine broke, by how."""
    success: Rate
    worst_case: float
    """Success with every invalid episode as a failure."""
    by_difficulty: Mapping[int, Rate]
    by_template: Mapping[str, Rate]
    """Keys are `env template`."""
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
    turns_of_success: float
    """Mean actions of a successful episode."""
    tokens_of_success: float
    """Mean tokens of a successful episode, what was read at every turn and what was written; NaN if nobody counted."""
    tokens_per_success: float
    """Tokens of all episodes, failed and invalid ones too, divided by the successes: the price of one."""
    tokens: Usage
    """Tokens of all episodes, as the server counted them; 0 where nobody did."""


def score(trajectories: Iterable[Trajectory]) -> Score:
    """Score the episodes of one run."""
    episodes = list(trajectories)
    valid = [t for t in episodes if t.valid]
    won = [t for t in valid if t.success]
    steps = [step for t in valid for step in t.steps]
    errors = Counter(step.error for step in steps if step.error)
    attempts = [(len(group), sum(t.success for t in group)) for group in grouped(valid, _task_key).values()]
    most = max((n for n, _ in attempts), default=0)
    ks = sorted({2**i for i in range(most.bit_length())} | ({most} - {0}))
    tokens = sum((t.usage for t in episodes), Usage())
    counted = tokens.completion_tokens > 0
    return Score(
        n=len(episodes),
        tasks=len(attempts),
        invalid=_counted(t.stop for t in episodes if not t.valid),
        success=rate(valid),
        worst_case=mean_over_tasks([(t.task, float(t.success)) for t in episodes]),
        by_difficulty={d: rate(group) for d, group in grouped(valid, lambda t: t.task.difficulty).items()},
        by_template={name: rate(group) for name, group in grouped(valid, _template_key).items()},
        pass_at={k: _known_mean(pass_at_k(n, c, k) for n, c in attempts) for k in ks},
        pass_hat={k: _known_mean(pass_hat_k(n, c, k) for n, c in attempts) for k in ks},
        stops=_counted(t.stop for t in valid),
        actions=len(steps),
        format_validity=_ratio(len(steps) - errors[FormatError.kind], len(steps)),
        errors={kind: count for kind, count in errors.most_common() if count},
        turns_of_success=_ratio(sum(len(t.steps) for t in won), len(won)),
        tokens_of_success=_ratio(sum(_tokens(t.usage) for t in won), len(won) if counted else 0),
        tokens_per_success=_ratio(_tokens(tokens), len(won) if counted else 0),
        tokens=tokens,
    )


def rate(valid: Sequence[Trajectory]) -> Rate:
    """Success of valid episodes: Wilson's interval where each task has one attempt, else one clustered by template."""
    outcomes = [(t.task, float(t.success)) for t in valid]
    if len({_task_key(t) for t in valid}) == len(valid):
        interval = wilson(sum(t.success for t in valid), len(valid))
    else:
        interval = task_interval(outcomes, least=0.0)
    return Rate(len(valid), mean_over_tasks(outcomes), interval)


def mean_over_tasks(values: Iterable[tuple[Task, float]]) -> float:
    """Mean over tasks of the mean over a task's values: every task weighs the same, however often it was tried."""
    return _known_mean(_task_means(values).values())


def task_interval(values: Iterable[tuple[Task, float]], least: float) -> Interval:
    """Interval of `mean_over_tasks(values)`, the values in [`least`, 1]; templates are the clusters.

    A task without a template is a cluster of its own.
    """
    means = _task_means(values)
    clusters = [(task.env, task.template or task.id) for task in means]
    return cluster_interval(list(means.values()), clusters, least=least)


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


def _tokens(usage: Usage) -> int:
    return usage.prompt_tokens + usage.completion_tokens


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
