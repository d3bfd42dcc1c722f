"""Turning a question and its SQL into a `Draft`, or refusing it: no empty, long, tied or guessable answers."""

import re
from typing import Any

from envs.db.domains.columns import Column
from envs.db.domains.schema import Table
from envs.db.english import join_words
from envs.db.templates.base import MAX_ANSWER_ROWS, Draft, Scene, Unfit

__all__ = ["FIRST_GUESSES", "change", "described", "give", "quoted", "read", "untied"]

FIRST_GUESSES = (0, 1, 7, -3, 2.5)
"""Numbers that no question has as its answer; the `random` policy tries just these."""


def read(scene: Scene, prompt: str, gold: str, steps: list[dict], ordered: bool = False) -> Draft:
    """A question that `gold` answers; its last step must be the gold query or return the same.

    Raises:
        Unfit: nothing, too much, an empty value, or a single value that a random word could hit.
    """
    rows = scene.query(gold)
    if not 0 < len(rows) <= MAX_ANSWER_ROWS or any(value is None for row in rows for value in row):
        raise Unfit
    if len(rows) == 1 and len(rows[0]) == 1 and _lucky(rows[0][0], prompt):
        raise Unfit
    return Draft(prompt, (gold,), tuple(steps), ordered=ordered)


def change(scene: Scene, prompt: str, gold: list[str], steps: list[dict]) -> Draft:
    """A request that the statements of `gold` carry out.

    Raises:
        Unfit: they change nothing.
    """
    before = scene.database.state_hash()
    for statement in gold:
        scene.database.run(statement)
    if scene.database.state_hash() == before:
        raise Unfit
    return Draft(prompt, tuple(gold), tuple(steps), write=True)


def untied(scene: Scene, query: str, count: int = 1) -> None:
    """Check a ranking: the values in the first column of `query` differ among the first `count` and the next.

    Raises:
        Unfit: two are equal, or there are not more rows than `count`.
    """
    values = [row[0] for row in scene.query(f"{query} LIMIT {count + 1}")]
    if len(values) <= count or len(set(values)) < len(values):
        raise Unfit


def give(table: Table, single: bool = False) -> str:
    """The request "Give their ids.", for rows that have no name."""
    return "" if table.label else " Give its id." if single else " Give their ids."


def described(columns: list[tuple[Column, str]]) -> str:
    """Values as people dictate them: "name Ana Lopes, city Porto and price 12 euros"."""
    return join_words([f"{column.called} {said}" for column, said in columns])


def quoted(table: Table, key: Any) -> str:
    """A row's bare name or id, in quotation marks if its table's names are usually written so."""
    return f'"{key}"' if '"' in table.refer else str(key)


def _lucky(answer: Any, prompt: str) -> bool:
    """Whether a word of the question, or a number that anyone would try first, happens to be the answer."""
    if isinstance(answer, str):
        return answer.casefold() in prompt.casefold()
    asked = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", prompt)]
    return any(abs(answer - guess) <= 0.01 for guess in (*asked, *FIRST_GUESSES))
