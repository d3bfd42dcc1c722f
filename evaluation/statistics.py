"""Statistics of success rates: numbers in, numbers out. Nothing here knows what an episode is.

Tasks of one template succeed and fail together, so the unit of resampling is the cluster (the template), not the task.
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = ["Interval", "cluster_interval", "holm", "mcnemar", "pass_at_k", "pass_hat_k", "wilson"]

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
    strata: Sequence[Hashable] | None = None,
    *,
    least: float = -1.0,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Interval of the mean of `values` when those of one cluster depend on each other.

    With `strata` (worlds) it is the interval of the mean of the strata's means, each stratum weighing the same.

    From ten clusters on, whole clusters are drawn with replacement within each stratum. The resampled means of a
    stratum are spread by sqrt(c / (c - 1)), c its clusters, and the percentiles are those that a t distribution asks
    for ("expanded percentile", Hesterberg 2015, The American Statistician 69:371-386), since the plain percentile
    interval of twenty clusters covers about 93% where it says 95%. Below ten, the t interval with the cluster-robust
    standard error; for clusters of one size it is the t interval of their means. The degrees of freedom are c - 1, and
    Satterthwaite's (1946) over several strata. Where all clusters of a stratum have the same mean, its spread cannot be
    seen: then its values are taken as independent, and it counts at least as far as Wilson's bound on what was never
    seen in n trials.

    By simulation it covers 93% to 97% from twenty clusters on, and less where a rate is near 0 or 1 or clusters are
    few: 92.5% of a rate of 5% in forty clusters, 89% in fifteen; 91% of a rate of 20% in six.

    Args:
        values: one number per task, in [`least`, 1]: a success, or a difference of two.
        clusters: the cluster of each value.
        strata: the stratum of each value; None for one stratum of all. Clusters do not cross strata.
        least: the least a value can be, where the interval is cut; 0 for a success, -1 for a difference.
        level: confidence, in (0, 1).
        draws: bootstrap resamples.
        seed: of the resampling; equal input gives equal output.

    Raises:
        ValueError: `values`, `clusters` and `strata` differ in length.
    """
    strata = [None] * len(values) if strata is None else strata
    if not len(values) == len(clusters) == len(strata):
        raise ValueError(f"{len(values)} values but {len(clusters)} clusters and {len(strata)} strata")
    if not len(values):
        return Interval(math.nan, math.nan, "none without episodes")
    parts = [_Stratum(*part, level) for part in _split(values, clusters, strata)]
    if any(part.count == 1 for part in parts):
        return Interval(math.nan, math.nan, "none from one template")
    mean = sum(part.mean for part in parts) / len(parts)
    variances = np.array([part.error**2 for part in parts])
    freedom = variances.sum() ** 2 / (variances**2 / [part.freedom for part in parts]).sum()
    quantile = stats.t.ppf((1 + level) / 2, freedom)
    if all(part.alike for part in parts) or sum(part.count for part in parts) < FEWEST_TO_RESAMPLE:
        reach = quantile * math.sqrt(variances.sum()) / len(parts)
        low, high = mean - reach, mean + reach
        method = f"t over fewer than {FEWEST_TO_RESAMPLE} templates"
        if all(part.alike for part in parts):
            method = "tasks taken as independent, as no template differs"
    else:
        rng = np.random.default_rng(seed)
        resampled = sum(part.resample(rng, draws) for part in parts) / len(parts)
        tail = stats.norm.cdf(-quantile)
        low, high = np.quantile(resampled, [tail, 1 - tail])
        method = "bootstrap over templates" + " within worlds" * (len(parts) > 1)
    return Interval(float(max(low, least)), float(min(high, 1.0)), method)


class _Stratum:
    """The values of one stratum, summed up by cluster: their mean, its standard error, and resamples of it."""

    def __init__(self, values: np.ndarray, clusters: np.ndarray, level: float):
        self.sizes, self.sums = np.bincount(clusters), np.bincount(clusters, weights=values)
        self.count, self.mean = len(self.sizes), values.mean()
        self.alike = np.allclose(self.sums, self.mean * self.sizes)
        if self.count == 1:
            return
        if self.alike:
            self.freedom = len(values) - 1
            unseen = wilson(0, len(values), level).high / stats.t.ppf((1 + level) / 2, self.freedom)
            self.error = max(values.std(ddof=1) / math.sqrt(len(values)), unseen)
        else:
            self.freedom = self.count - 1
            squares = ((self.sums - self.mean * self.sizes) ** 2).sum()
            self.error = math.sqrt(self.count / self.freedom * squares) / len(values)

    def resample(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Means of `draws` resamples, their spread corrected for the number of clusters."""
        if self.alike:
            return rng.normal(self.mean, self.error, size=draws)
        weights = rng.multinomial(self.count, np.full(self.count, 1 / self.count), size=draws)
        resampled = (weights @ self.sums) / (weights @ self.sizes)
        return self.mean + math.sqrt(self.count / (self.count - 1)) * (resampled - self.mean)


def _split(
    values: Sequence[float], clusters: Sequence[Hashable], strata: Sequence[Hashable]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The values of each stratum, and the cluster of each as a number from 0."""
    values = np.asarray(values, dtype=float)
    clusters, strata = (np.array([repr(name) for name in names]) for names in (clusters, strata))
    for stratum in np.unique(strata):
        own = strata == stratum
        yield values[own], np.unique(clusters[own], return_inverse=True)[1]


def mcnemar(fixed: int, broken: int) -> float:
    """Exact two-sided p of McNemar's test: were as many pairs fixed as broken, but for chance?

    Args:
        fixed: pairs that failed before and succeeded after.
        broken: pairs that succeeded before and failed after.
    """
    discordant = fixed + broken
    return float(stats.binomtest(fixed, discordant).pvalue) if discordant else 1.0


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's adjusted p values (Holm 1979): reject where one is below alpha, and any false rejection is as rare.

    NaN stays NaN and is no test.
    """
    order = sorted((i for i, p in enumerate(ps) if not math.isnan(p)), key=lambda i: ps[i])
    adjusted, largest = [math.nan] * len(ps), 0.0
    for position, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - position) * ps[i]))
        adjusted[i] = largest
    return adjusted


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
