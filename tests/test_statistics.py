"""Every statistic against a known answer or brute force, and the coverage of the intervals by simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluation.statistics import cluster_interval, holm, mcnemar, pass_at_k, pass_hat_k, wilson


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
    low, high = _corrected(chances, 40, cluster_means.mean(), 10, stats.t.ppf(0.975, 9))
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.005)
    assert "bootstrap" in interval.method


def _corrected(chances, denominator, mean, count, quantile):
    """The percentiles of a resampled mean k / denominator that has `chances[k]`, as `cluster_interval` takes them."""
    tail = stats.norm.cdf(-quantile)
    ends = np.searchsorted(chances.cumsum(), [tail, 1 - tail]) / denominator
    return mean + math.sqrt(count / (count - 1)) * (ends - mean)


def test_two_worlds_with_few_templates_give_welchs_t_interval():
    """The sum of two means is the difference of one and the other's negative, which is Welch's test."""
    first, second = np.array([0.0, 0.25, 1.0, 0.5]), np.array([0.75, 1.0, 0.5])
    values = np.concatenate([np.repeat(first, 4), np.repeat(second, 2)])
    clusters = [*np.repeat(np.arange(4), 4), *np.repeat(np.arange(3), 2)]
    interval = cluster_interval(values, clusters, [0] * 16 + [1] * 6)
    welch = stats.ttest_ind(first, -second, equal_var=False).confidence_interval(0.95)
    assert interval.low == pytest.approx(welch.low / 2)
    assert interval.high == pytest.approx(min(1.0, welch.high / 2))


def test_the_bootstrap_within_two_worlds_equals_the_enumeration_of_all_resamples():
    worlds = [np.array([0, 1, 1, 2, 2, 3, 3, 3, 4, 4]) / 4, np.array([0, 0, 0, 1, 1, 1, 2, 2, 3, 4]) / 4]
    values = np.concatenate([np.repeat(world, 4) for world in worlds])
    interval = cluster_interval(values, np.tile(np.repeat(np.arange(10), 4), 2), np.repeat([0, 1], 40))
    chances = np.ones(1)
    for world in worlds:
        for _ in range(10):
            chances = np.convolve(chances, np.bincount((world * 4).astype(int), minlength=5) / 10)
    variances = np.array([world.var(ddof=1) / 10 for world in worlds])
    freedom = variances.sum() ** 2 / (variances**2 / 9).sum()
    low, high = _corrected(chances, 80, np.mean(worlds), 10, stats.t.ppf(0.975, freedom))
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.005)
    assert "within worlds" in interval.method


def test_a_big_world_weighs_no_more_than_a_small_one():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.integers(0, 2, 20), np.ones(2000)])
    clusters, strata = [*range(20), *range(2000)], [0] * 20 + [1] * 2000
    interval = cluster_interval(values, clusters, strata)
    assert interval.low < (values[:20].mean() + 1) / 2 < interval.high
    assert interval.high < 0.96


def test_a_world_of_one_template_leaves_the_mean_of_worlds_without_an_interval():
    interval = cluster_interval([0.0, 1.0, 1.0, 0.0], ["a", "b", "c", "c"], [0, 0, 1, 1])
    assert math.isnan(interval.low)
    assert interval.method == "none from one template"


@given(st.lists(st.floats(0, 1), max_size=6))
def test_holm_equals_the_closed_test_of_all_subsets(ps):
    """Adjusted p = the largest Bonferroni p of any set of hypotheses that contains this one (Marcus et al. 1976)."""
    sets = [s for size in range(1, len(ps) + 1) for s in itertools.combinations(range(len(ps)), size)]
    closed = [max(min(1.0, len(s) * min(ps[j] for j in s)) for s in sets if i in s) for i in range(len(ps))]
    assert holm(ps) == pytest.approx(closed)


def test_what_has_no_p_is_no_test():
    assert holm([0.01, math.nan, 0.04])[::2] == pytest.approx([0.02, 0.04])
    assert math.isnan(holm([0.01, math.nan])[1])


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
        interval = cluster_interval(values, np.repeat(np.arange(count), size), draws=500)
        inside += interval.low <= TRUE_GAIN <= interval.high
    assert 0.93 < inside / simulations < 0.97


def _coverage(counts, alpha, beta, simulations, size=5):
    """How often the interval of a success rate contains the true one: templates differ by a beta distribution.

    Args:
        counts: the number of templates of each world.
        alpha, beta: of the beta distribution of the templates' rates.
        size: tasks of a template.
    """
    rng, truth, inside = np.random.default_rng([len(counts), sum(counts)]), alpha / (alpha + beta), 0
    strata = np.repeat(np.arange(len(counts)), np.array(counts) * size)
    clusters = np.concatenate([np.repeat(np.arange(count), size) for count in counts])
    for _ in range(simulations):
        rates = rng.beta(alpha, beta, size=sum(counts))
        values = rng.random(len(strata)) < np.repeat(rates, size)
        interval = cluster_interval(values, clusters, strata, least=0.0, draws=500)
        inside += interval.low <= truth <= interval.high
    return inside / simulations


@pytest.mark.parametrize("counts", [(6,), (24,), (12, 12, 12)])
def test_the_interval_of_a_score_covers_95_percent(counts):
    assert 0.93 <= _coverage(counts, 2, 2, 600) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("counts", [(20,), (40,), (20,) * 3, (20,) * 7])
@pytest.mark.parametrize(("alpha", "beta"), [(2, 2), (1, 4)])
def test_the_interval_of_a_score_covers_95_percent_at_rates_of_50_and_20_percent(counts, alpha, beta):
    assert 0.93 <= _coverage(counts, alpha, beta, 2000) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("counts", [(20,) * 3, (20,) * 7])
def test_the_interval_of_a_mean_of_worlds_covers_95_percent_at_a_rate_of_5_percent(counts):
    assert 0.93 <= _coverage(counts, 0.5, 9.5, 2000) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(
    ("counts", "alpha", "beta", "least"),
    [
        ((6,), 1, 4, 0.88),
        ((9,), 1, 4, 0.91),
        ((15,), 0.5, 9.5, 0.87),
        ((40,), 0.5, 9.5, 0.91),
        ((3, 20, 20), 2, 2, 0.89),
    ],
)
def test_where_the_interval_of_a_score_undercovers(counts, alpha, beta, least):
    """Few templates, rates near 0 or 1, or one world with very few templates: it says 95% and holds somewhat less."""
    assert least <= _coverage(counts, alpha, beta, 2000) < 0.95
