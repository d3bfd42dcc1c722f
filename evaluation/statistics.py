"""Statistics of success rates: numbers in, numbers out. Nothing here knows what an episode is.

Tasks of one template succeed and fail together, so the unit of resampling is the cluster (the template), not the task.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = ["Interval", "cluster_interval", "mcnemar", "pass_at_k", "pass_hat_k", "wilson"]

FEWEST_TO_RESAMPLE = 10
"""Clusters; fewer are too coarse a population to draw from."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval and, in words, how it was made. NaN bounds where the data allow none."""

    low: float
    high: float
    method: str


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share of independent trials (Wilson 1927).

    Args:
        successes: how many of the trials succeeded.
        n: trials; with none the bounds are NaN.
        level: confidence, in (0, 1).
    """
    if n == 0:
        return Interval(math.nan, math.nan, "none without episodes")
    bounds = stats.binomtest(successes, n).proportion_ci(confidence_level=level, method="wilson")
    return Interval(float(bounds.low), float(bounds.high), "Wilson (tasks taken as independent)")


def cluster_interval(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    least: float = -1.0,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Interval of the mean of `values` when those of one cluster depend on each other.

    From ten clusters on, whole clusters are drawn with replacement and the percentiles are widened as for a t
    distribution ("expanded percentile", Hesterberg 2015, The American Statistician 69:371-386), since the plain
    percentile interval of twenty clusters covers about 93% where it says 95%. Below ten, the t interval with
    (clusters - 1) degrees of freedom and the cluster-robust standard error; for clusters of one size it is the t
    interval of their means. Where all clusters have the same mean, neither sees any spread: then the values are taken
    as independent, and the interval reaches at least as far as Wilson's bound on what was never seen in n trials.

    Args:
        values: one number per task, in [`least`, 1]: a success, or a difference of two.
        clusters: the cluster of each value.
        least: the least a value can be, where the interval is cut; 0 for a success, -1 for a difference.
        level: confidence, in (0, 1).
        draws: bootstrap resamples.
        seed: of the resampling; equal input gives equal output.

    Raises:
        ValueError: `values` and `clusters` differ in length.
    """
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values but {len(clusters)} clusters")
    if not len(values):
        return Interval(math.nan, math.nan, "none without episodes")
    values = np.asarray(values, dtype=float)
    _, index = np.unique([repr(cluster) for cluster in clusters], return_inverse=True)
    sizes, sums = np.bincount(index), np.bincount(index, weights=values)
    count, mean = len(sizes), values.mean()
    if count == 1:
        return Interval(math.nan, math.nan, "none from one template")
    quantile = stats.t.ppf((1 + level) / 2, count - 1)
    if np.allclose(sums, mean * sizes):
        error = values.std(ddof=1) / math.sqrt(len(values))
        reach = max(stats.norm.ppf((1 + level) / 2) * error, wilson(0, len(values), level).high)
        low, high, method = mean - reach, mean + reach, "tasks taken as independent, as no template differs"
    elif count < FEWEST_TO_RESAMPLE:
        error = math.sqrt(count / (count - 1) * ((sums - mean * sizes) ** 2).sum()) / len(values)
        reach = quantile * error
        low, high, method = mean - reach, mean + reach, f"t over fewer than {FEWEST_TO_RESAMPLE} templates"
    else:
        weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
        tail = stats.norm.cdf(-math.sqrt(count / (count - 1)) * quantile)
        low, high = np.quantile((weights @ sums) / (weights @ sizes), [tail, 1 - tail])
        method = "bootstrap over templates"
    return Interval(float(max(low, least)), float(min(high, 1.0)), method)


def mcnemar(fixed: int, broken: int) -> float:
    """Exact two-sided p of McNemar's test: were as many pairs fixed as broken, but for chance?

    Args:
        fixed: pairs that failed before and succeeded after.
        broken: pairs that succeeded before and failed after.
    """
    discordant = fixed + broken
    return float(stats.binomtest(fixed, discordant).pvalue) if discordant else 1.0


def pass_at_k(n: int, successes: int, k: int) -> float:
    """Chance that at least one of `k` attempts succeeds, unbiased from `n` attempts (Chen et al. 2021, 2107.03374).

    NaN when there are fewer than `k` attempts.
    """
    _check_attempts(n, successes, k)
    return 1 - math.comb(n - successes, k) / math.comb(n, k) if n >= k else math.nan


def pass_hat_k(n: int, successes: int, k: int) -> float:
    """Chance that all of `k` attempts succeed, unbiased from `n` attempts (pass^k, Yao et al. 2024, 2406.12045).

    NaN when there are fewer than `k` attempts.
    """
    _check_attempts(n, successes, k)
    return math.comb(successes, k) / math.comb(n, k) if n >= k else math.nan


def _check_attempts(n: int, successes: int, k: int) -> None:
    if not 0 <= successes <= n or k < 1:
        raise ValueError(f"need 0 <= successes <= n and k >= 1, not successes={successes}, n={n}, k={k}")
