"""Grading an answer: which answers are the expected rows, whatever is given."""

import itertools
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.db.grade import answers_match


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([3], [(3,)]),
        ([3.0], [(3,)]),
        (["3"], [(3,)]),
        (["3.00"], [(3,)]),
        ([" -3e0 "], [(-3,)]),
        ([3.33], [(10 / 3,)]),
        ([0.125], [(0.135,)]),
        ([True], [(1,)]),
        ([3], [("3",)]),
        (["Turin"], [("turin ",)]),
        (["STRASSE"], [("straße",)]),
        ([None], [(None,)]),
        (["null"], [(None,)]),
        ([], []),
        ([["a"], ["b"]], [("a",), ("b",)]),
        (["b", ["a"]], [("a",), ("b",)]),
        ([["b", 2], ["a", 1]], [("a", 1), ("b", 2)]),
        (["a", 1], [("a", 1)]),
        ([["a", 1]], [("a", 1)]),
        ([["a", 1], ["a", 1]], [("a", 1), ("a", 1)]),
        ([9007199254740993], [(9007199254740993,)]),
        (["x'00ff'"], [(b"\x00\xff",)]),
        ([1e308], [(1e308,)]),
    ],
)
def test_right_answers(answer, expected):
    assert answers_match(answer, expected)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([], [(3,)]),
        ([3], []),
        ([3, 3], [(3,)]),
        ([3], [(3,), (3,)]),
        ([3.02], [(3,)]),
        (["a", "a", "b"], [("a",), ("b",), ("b",)]),
        (["a", 1, "b", 2], [("a", 1), ("b", 2)]),
        ([["a", 2], ["b", 1]], [("a", 1), ("b", 2)]),
        ([1, "a"], [("a", 1)]),
        ([["a", 1, 2]], [("a", 1)]),
        ([None], [(0,)]),
        ([""], [(None,)]),
        (["none"], [(None,)]),
        ([9007199254740993], [(9007199254740992,)]),
        (["3 + 0"], [(3,)]),
        (["1_000"], [(1000,)]),
        (["nan"], [(float("inf"),)]),
        ([{"a": 1}], [("a",)]),
        ([[["a"]]], [("a",)]),
        ([10**400], [(1e308,)]),
        (["9" * 5000], [(1e308,)]),
        ("3", [(3,)]),
        (None, [(3,)]),
        (3, [(3,)]),
    ],
)
def test_wrong_answers(answer, expected):
    assert not answers_match(answer, expected)


def test_order_counts_only_where_asked():
    assert answers_match([2, 1], [(1,), (2,)], ordered=False)
    assert not answers_match([2, 1], [(1,), (2,)], ordered=True)
    assert answers_match([["a", 1.001], ["b", 2]], [("a", 1), ("b", 2)], ordered=True)
    assert not answers_match([1], [(1,), (1,)], ordered=True)


def test_rounded_rows_are_paired_even_where_sorting_misleads():
    assert answers_match([[1.33, 2], [1.33, 5]], [(1.333333, 5), (1.334, 2)])
    assert not answers_match([[1.33, 2], [1.33, 2]], [(1.333333, 5), (1.334, 2)])


def test_large_answers_are_compared_quickly():
    expected = [(i % 7 + i / 1000, i % 50) for i in range(2000)]
    given = [[round(a, 2), b] for a, b in reversed(expected)]
    started = time.thread_time()
    assert answers_match(given, expected)
    assert not answers_match([*given[:-1], [99, 99]], expected)
    assert time.thread_time() - started < 5


cells = st.none() | st.integers(-3, 3) | st.sampled_from(["a", "B", " b", "2", "-1.0", "null", ""]) | st.floats(-3, 3)
tables = st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[cells] * width), max_size=6))


@given(tables, st.randoms(use_true_random=False))
def test_every_order_of_the_expected_rows_is_right(expected, random):
    answer = json.loads(json.dumps([list(row) for row in expected]))
    random.shuffle(answer)
    assert answers_match(answer, expected)


@given(tables.filter(bool), st.data())
def test_one_row_less_or_one_value_off_is_wrong(expected, data):
    row, column = data.draw(st.integers(0, len(expected) - 1)), data.draw(st.integers(0, len(expected[0]) - 1))
    answer = [list(r) for r in expected]
    assert not answers_match(answer[:row] + answer[row + 1 :], expected)
    answer[row][column] = 1e6
    assert not answers_match(answer, expected)


close = st.integers(0, 6).map(lambda n: n * 0.007)


@settings(max_examples=200)
@given(st.integers(0, 4).flatmap(lambda n: st.tuples(*[st.lists(st.tuples(close, close), min_size=n, max_size=n)] * 2)))
def test_rows_match_when_some_pairing_is_within_the_tolerance(pair):
    left, right = pair

    def near(a, b):
        return all(abs(x - y) <= 0.01 + 1e-12 for x, y in zip(a, b, strict=True))

    paired = any(all(map(near, order, right)) for order in itertools.permutations(left))
    assert answers_match([list(row) for row in left], right) == paired
    assert answers_match([list(row) for row in left], right, ordered=True) == all(map(near, left, right))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("__import__('os')"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=8,
)


@given(anything, st.lists(st.tuples(cells, cells), max_size=3), st.booleans())
def test_no_answer_crashes_the_grader(answer, expected, ordered):
    assert answers_match(answer, expected, ordered) in (True, False)
