"""Every statistic against a known answer or brute force, and the coverage of the intervals by simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluation.statistics import cluster_interval, mcnemar, pass_at_k, pass_hat_k, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_equals_published_values(successes, n, low, high):
    interval = wilson(successes, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_wilson_of_nothing_is_undefined():
    assert math.isnan(wilson(0, 0).low)
    assert math.isnan(wilson(0, 0).high)


@pytest.mark.parametrize("n", [60, 100])
def test_wilson_covers_95_percent_on_average(n):
    """Exact: the chance of every outcome, averaged over true rates, with no simulation noise."""
    rates = np.linspace(0.02, 0.98, 97)
    intervals = [wilson(successes, n) for successes in range(n + 1)]
    chances = stats.binom.pmf(np.arange(n + 1), n, rates[:, None])
    covers = np.array([[i.low <= rate <= i.high for i in intervals] for rate in rates])
    assert 0.93 < (chances * covers).sum(axis=1).mean() < 0.97


@pytest.mark.parametrize("fixed", range(7))
@pytest.mark.parametrize("broken", range(7))
def test_mcnemar_equals_the_enumeration_of_all_coin_flips(fixed, broken):
    n = fixed + broken
    extreme = abs(fixed - broken)
    flips = [abs(2 * sum(flip) - n) >= extreme for flip in itertools.product((0, 1), repeat=n)]
    assert mcnemar(fixed, broken) == pytest.approx(sum(flips) / len(flips))


@pytest.mark.parametrize("n", range(1, 7))
def test_pass_at_k_and_pass_hat_k_equal_the_enumeration_of_all_draws(n):
    for successes, k in itertools.product(range(n + 1), range(1, n + 1)):
        draws = list(itertools.combinations([True] * successes + [False] * (n - successes), k))
        assert pass_at_k(n, successes, k) == pytest.approx(sum(map(any, draws)) / len(draws))
        assert pass_hat_k(n, successes, k) == pytest.approx(sum(map(all, draws)) / len(draws))


def test_pass_at_k_with_too_few_attempts_is_undefined():
    assert math.isnan(pass_at_k(3, 3, 4))
    assert math.isnan(pass_hat_k(3, 3, 4))


@pytest.mark.parametrize(("n", "successes", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_pass_at_k_refuses_impossible_counts(n, successes, k):
    with pytest.raises(ValueError, match="successes"):
        pass_at_k(n, successes, k)


def test_few_clusters_of_one_size_give_the_t_interval_of_their_means():
    values = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    interval = cluster_interval(values.ravel(), np.repeat(np.arange(5), 2))
    means = values.mean(axis=1)
    expected = stats.t.interval(0.95, 4, loc=means.mean(), scale=stats.sem(means))
    assert (interval.low, interval.high) == pytest.approx(expected)
    assert "t over" in interval.method


def test_the_bootstrap_equals_the_enumeration_of_all_resamples():
    """With ten clusters of one size a resample's mean is a sum of ten independent draws, so convolve."""
    cluster_means = np.array([0, 0, 0, 1, 1, 2, 2, 3, 4, 4]) / 4
    values = np.repeat(cluster_means, 4)
    interval = cluster_interval(values, np.repeat(np.arange(10), 4))
    one_draw = np.bincount((cluster_means * 4).astype(int), minlength=5) / 10
    chances = np.ones(1)
    for _ in range(10):
        chances = np.convolve(chances, one_draw)
    tail = stats.norm.cdf(-math.sqrt(10 / 9) * stats.t.ppf(0.975, 9))
    low = np.searchsorted(chances.cumsum(), tail) / 40
    high = np.searchsorted(chances.cumsum(), 1 - tail) / 40
    assert interval.low == pytest.approx(low, abs=0.03)
    assert interval.high == pytest.approx(high, abs=0.03)
    assert "bootstrap" in interval.method


def test_equal_input_gives_an_equal_interval():
    values, clusters = np.tile([0.0, 1.0, 1.0], 20), np.repeat(np.arange(20), 3)
    assert cluster_interval(values, clusters) == cluster_interval(values, clusters)


def test_clustering_widens_the_interval_of_tasks_that_fare_alike():
    values = np.repeat([0.0, 1.0] * 6, 20)
    clustered = cluster_interval(values, np.repeat(np.arange(12), 20))
    separate = cluster_interval(values, np.arange(240))
    assert clustered.high - clustered.low > 3 * (separate.high - separate.low)


@pytest.mark.parametrize(("value", "least"), [(1.0, -1.0), (0.0, -1.0), (0.0, 0.0), (-1.0, -1.0)])
def test_tasks_that_all_fare_alike_still_leave_doubt(value, least):
    interval = cluster_interval([value] * 60, list(range(60)), least=least)
    doubt = wilson(0, 60).high
    assert interval.low == pytest.approx(max(least, value - doubt))
    assert interval.high == pytest.approx(min(1.0, value + doubt))


def test_clusters_that_all_have_one_mean_still_leave_doubt():
    interval = cluster_interval([0.0, 1.0] * 50, np.repeat(np.arange(50), 2))
    assert interval.high - interval.low == pytest.approx(0.2, abs=0.01)


def test_one_cluster_gives_no_interval():
    assert math.isnan(cluster_interval([0.0, 1.0], ["a", "a"]).low)


def test_values_and_clusters_must_pair_up():
    with pytest.raises(ValueError, match="2 values but 1 clusters"):
        cluster_interval([0.0, 1.0], ["a"])


@given(st.lists(st.tuples(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), st.integers(0, 15)), min_size=1, max_size=60))
def test_an_interval_contains_the_mean_and_stays_in_range(pairs):
    values, clusters = zip(*pairs, strict=True)
    interval = cluster_interval(values, clusters, draws=500)
    if not math.isnan(interval.low):
        assert -1 <= interval.low <= np.mean(values) + 1e-9
        assert np.mean(values) - 1e-9 <= interval.high <= 1


def _true_gain():
    """The mean of what the simulation below draws, clipping included, by numerical integration."""
    base = (np.arange(4000) + 0.5) / 4000
    shift = (np.arange(200) + 0.5) / 200 * 0.3 - 0.15
    gain = np.clip(base[:, None] + 0.2 + shift, 0, 1) - base[:, None]
    return float((gain.mean(axis=1) * stats.beta.pdf(base, 2, 4)).mean())


TRUE_GAIN = _true_gain()


@pytest.mark.parametrize("count", [6, 12, 24])
def test_paired_cluster_intervals_cover_95_percent(count):
    """Templates differ in how hard they are and in how much training helps; a true gain of 20 points must be inside."""
    rng, simulations, size = np.random.default_rng([0, count]), 1500, 5
    inside = 0
    for _ in range(simulations):
        base = rng.beta(2, 4, size=count)
        tuned = np.clip(base + 0.2 + rng.uniform(-0.15, 0.15, size=count), 0, 1)
        tuned_tasks = rng.random((count, size)) < tuned[:, None]
        base_tasks = rng.random((count, size)) < base[:, None]
        values = (tuned_tasks.astype(float) - base_tasks).ravel()
        interval = cluster_interval(values, np.repeat(np.arange(count), size), draws=1000)
        inside += interval.low <= TRUE_GAIN <= interval.high
    assert 0.93 < inside / simulations < 0.97
