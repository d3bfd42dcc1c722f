"""Mixing sources at an exact ratio, in each unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.errors import UsageError
from training.mixture import UNITS, Size, Source, arrange, mix, shares

sizes = st.builds(
    lambda token, share: Size(1, token, max(1, token * share // 100)), st.integers(1, 400), st.integers(1, 99)
)


@st.composite
def sources(draw, most=4):
    """Two to `most` sources, with shares that add up to 1."""
    parts = draw(st.lists(st.integers(1, 50), min_size=2, max_size=most))
    made = []
    for number, part in enumerate(parts):
        measured = draw(st.lists(sizes, min_size=1, max_size=30))
        rows = [{"n": n, "source": number} for n in range(len(measured))]
        made.append(Source(str(number), rows, measured, part / sum(parts)))
    return made


def total(draw, unit):
    return sum(getattr(draw.source.sizes[place], unit) for place in draw.places)


@given(sources(), st.sampled_from(UNITS), st.integers(0, 9))
def test_each_source_has_its_share_up_to_one_conversation(given, unit, seed):
    draws = mix(given, unit, seed=seed)
    whole = max(source.total(unit) / source.share for source in given)
    once = False
    for source, draw in zip(given, draws, strict=True):
        longest = max(getattr(size, unit) for other in given for size in other.sizes)
        assert abs(total(draw, unit) - source.share * whole) <= longest
        counts = [draw.places.count(place) for place in range(len(source.rows))]
        assert max(counts) - min(counts) <= 1  # no row is drawn more often than another
        once = once or set(counts) == {1}
    assert once
    again = mix(given, unit, seed=seed)
    assert [draw.places for draw in again] == [draw.places for draw in draws]
    assert arrange(again, seed) == arrange(draws, seed)


@given(sources(most=2), st.integers(100, 300), st.integers(0, 9))
def test_of_two_sources_conversations_are_exact_and_the_size_is_met(given, size, seed):
    draws = mix(given, size=size, seed=seed)
    assert sum(len(draw.places) for draw in draws) == size
    for draw in draws:
        assert abs(len(draw.places) - size * draw.source.share) <= 0.5


@given(sources(), st.sampled_from(UNITS), st.integers(0, 9), st.booleans())
def test_the_told_shares_are_those_of_the_rows(given, unit, seed, curriculum):
    draws = mix(given, unit, seed=seed)
    rows = arrange(draws, seed, curriculum)
    for number, (source, share) in enumerate(zip(given, shares(draws), strict=True)):
        places = [row["n"] for row in rows if row["source"] == number]
        for each in UNITS:
            assert share[each] == sum(getattr(source.sizes[place], each) for place in places)
        assert share["epochs"] == len(places) / len(source.rows)


def test_what_one_source_has_too_much_the_next_has_too_little():
    halves = [Source(name, [{}] * 9, [Size(1, 1, 1)] * 9, 0.5) for name in "ab"]
    assert [len(draw.places) for draw in mix(halves, size=7)] == [3, 4]


def test_seeds_differ():
    source = Source("a", [{"n": n} for n in range(50)], [Size(1, 1, 1)] * 50)
    orders = [[row["n"] for row in arrange(mix([source], size=30, seed=seed), seed)] for seed in (0, 1)]
    assert orders[0] != orders[1]
    assert set(orders[0]) != set(orders[1])


def test_a_curriculum_moves_only_what_has_a_difficulty():
    rows = [{"n": n, "difficulty": 5 - n % 5} if n % 2 else {"n": n} for n in range(40)]
    draws = mix([Source("a", rows, [Size(1, 1, 1)] * 40)])
    plain, graded = arrange(draws), arrange(draws, curriculum=True)
    assert [row for row in graded if "difficulty" not in row] == [row for row in plain if "difficulty" not in row]
    assert [i for i, row in enumerate(graded) if "difficulty" in row] == [
        i for i, row in enumerate(plain) if "difficulty" in row
    ]
    grades = [row["difficulty"] for row in graded if "difficulty" in row]
    assert grades == sorted(grades)


def test_a_mixture_that_cannot_be_is_refused():
    one = [Source("agent", [{}], [Size(1, 9, 3)], 0.1), Source("chat", [{}], [Size(1, 9, 3)], 0.9)]
    with pytest.raises(UsageError, match=r"2 conversations with the share 0.1 for agent .*choose a larger --size"):
        mix(one, size=2)
    with pytest.raises(UsageError, match="no conversations from chat"):
        mix([one[0], Source("chat", [], [], 0.9)])
