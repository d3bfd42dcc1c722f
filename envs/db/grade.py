"""Comparing an answer with the rows that were expected. Plain data only: nothing is ever evaluated."""

import bisect
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

__all__ = ["answers_match"]

TOLERANCE = 1e-2
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)

Cell = int | float | str | None


def answers_match(given: list, expected: Sequence[tuple], ordered: bool = False) -> bool:
    """Say whether an answer gives the expected rows.

    Numbers agree when they differ by at most 0.01, and a text that reads as a number is that number; other texts agree
    without regard to case and surrounding space; `None` and the text NULL are NULL.

    Args:
        given: what the model answered, JSON values: scalars for rows of one column, else a list for every row. One row
            of several columns may also be given flat.
        expected: the rows a query returned.
        ordered: rows must come in the expected order; otherwise in any.
    """
    rows = _rows(given, expected)
    if rows is None or len(rows) != len(expected):
        return False
    left = [tuple(map(_cell, row)) for row in rows]
    right = [tuple(map(_cell, row)) for row in expected]
    if ordered:
        return all(map(_rows_agree, left, right))
    return _same_in_any_order(left, right)


def _rows(given: Any, expected: Sequence[tuple]) -> list[list] | None:
    """The answer as rows as wide as the expected ones, or None when it has another shape."""
    if not isinstance(given, list):
        return None
    width = len(expected[0]) if expected else 0
    if len(expected) == 1 and width > 1 and len(given) == width and all(map(_is_scalar, given)):
        return [given]
    rows = [[item] if _is_scalar(item) else item for item in given]
    shaped = all(isinstance(r, list) and len(r) == width and all(map(_is_scalar, r)) for r in rows)
    return rows if shaped else None


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _cell(value: Any) -> Cell:
    """A value in the form in which it is compared: None, a number, or folded text."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        text = value.strip().casefold()
        if text == "null":
            return None
        if not _NUMBER.fullmatch(text):
            return text
        # Long digits go through float: int() refuses text of thousands of digits.
        value = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else float(text)
    # An int beyond float's range would make a subtraction raise.
    return float("inf") * (1 if value > 0 else -1) if isinstance(value, int) and abs(value) > 1e300 else value


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float)


def _cells_agree(a: Cell, b: Cell) -> bool:
    if _is_number(a) and _is_number(b):
        # The second term lets 0.125 and 0.135 pass, whose difference is 0.010000000000000009.
        return a == b or abs(a - b) <= TOLERANCE + 1e-12
    return a == b


def _rows_agree(a: tuple[Cell, ...], b: tuple[Cell, ...]) -> bool:
    return all(map(_cells_agree, a, b))


def _same_in_any_order(left: list[tuple], right: list[tuple]) -> bool:
    """Say whether there is a one-to-one pairing of agreeing rows.

    Agreement to a tolerance is not transitive, so sorting is not enough. Rows are split by their texts, which agree
    exactly, and paired within each part by augmenting paths.
    """
    parts: dict[tuple, tuple[list, list]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((left, right)):
        for row in rows:
            texts = tuple("number" if _is_number(c) else (c,) for c in row)
            parts[texts][side].append(tuple(c for c in row if _is_number(c)))
    return all(len(a) == len(b) and _can_pair(sorted(a), sorted(b)) for a, b in parts.values())


def _can_pair(left: list[tuple], right: list[tuple]) -> bool:
    """Say whether equally long sorted lists of number tuples can be paired within the tolerance."""
    if all(map(_rows_agree, left, right)):
        return True
    if not left[0] or len(left[0]) == 1:  # in one dimension the sorted pairing is the best one
        return False
    firsts = [row[0] for row in right]
    owner: dict[int, int] = {}

    def neighbours(i: int) -> list[int]:
        low = bisect.bisect_left(firsts, left[i][0] - 2 * TOLERANCE)
        high = bisect.bisect_right(firsts, left[i][0] + 2 * TOLERANCE)
        return [j for j in range(low, high) if _rows_agree(left[i], right[j])]

    for start in range(len(left)):
        reached: dict[int, int] = {}
        queue, free = [start], None
        while queue and free is None:
            i = queue.pop()
            for j in neighbours(i):
                if j not in reached:
                    reached[j] = i
                    if j not in owner:
                        free = j
                        break
                    queue.append(owner[j])
        if free is None:
            return False
        _flip(free, start, reached, owner)
    return True


def _flip(free: int, start: int, reached: dict[int, int], owner: dict[int, int]) -> None:
    """Re-pair along the augmenting path that ends at `free`."""
    previous = {i: j for j, i in owner.items()}
    while True:
        i = reached[free]
        owner[free], free = i, previous.get(i, -1)
        if i == start:
            return
