"""`db` tasks that somebody else wrote: a request, the statements that meet it, and the statements that grade it."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from envs.db.database import SHOWN_CHARACTERS, Database
from envs.db.grade import answers_match
from envs.db.source import image
from envs.db.tasks import ENV_ID
from envs.db.templates.base import MAX_ANSWER_ROWS
from envs.errors import ToolError
from envs.proof import Rejected
from envs.types import Task, ToolCall

__all__ = ["is_ordered", "written_task"]

_TEXT = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/", re.S)
_CONSTRUCTS = (
    r"\bjoin\b",
    r"\bgroup\s+by\b|\bover\b",
    r"\(\s*select\b|\bwith\b",
    r"\bunion\b|\bintersect\b|\bexcept\b",
)
"""What makes a query harder, one step of difficulty each."""


def written_task(
    source: Mapping[str, Any],
    prompt: str,
    solution: Sequence[str],
    gold: Sequence[str],
    template: str,
    split: str = "train",
) -> Task:
    """A task of `DbEnv` whose expert runs `solution`, answers its last rows, and is graded by `gold`.

    It is a change when `gold` changes the database, and a question otherwise; a question's order counts where its last
    statement has an ORDER BY. Statements run behind the guard and nowhere else.

    Args:
        source: the database, as `envs.db.source.image` takes it.
        prompt: the request.
        solution, gold: SQL statements, at least one each; the same where only one way is known.
        template: the family of the task.
        split: where the task belongs.

    Raises:
        Rejected: a statement fails or is refused; or the answer is empty, depends on the order in which rows happen to
            be stored, or is longer than an observation shows. Whether the solution is right is for `prove` to find out.
    """
    start, ordered = image(source), is_ordered(gold[-1])
    _, write = _played(start, gold, ordered)
    answers, _ = _played(start, solution, ordered)
    values = [] if write else [row[0] if len(row) == 1 else list(row) for row in answers]
    queries = (ToolCall("sql", {"query": statement}) for statement in solution)
    return Task(
        env=ENV_ID,
        prompt=prompt,
        data={**source, "gold": list(gold), "write": write, "ordered": ordered},
        split=split,
        difficulty=_difficulty(gold),
        template=template,
        reference=(ToolCall("tables"), *queries, ToolCall("answer", {"values": values})),
    )


def is_ordered(statement: str) -> bool:
    """Whether a query sorts its rows: it has an ORDER BY outside of all parentheses."""
    return _orderings(statement)[1]


def _orderings(statement: str) -> tuple[list[int], bool]:
    """Where an ORDER BY that matters ends (before a LIMIT, or at the very end), and whether one is outermost."""
    text = _TEXT.sub(lambda found: (" " if found[0][0] in "-/" else "x") * len(found[0]), statement)
    ends, outermost, open_by_depth = [], False, [False]
    for found in re.finditer(r"\(|\)|\border\s+by\b|\blimit\b", text, re.IGNORECASE):
        match found[0][0].lower():
            case "(":
                open_by_depth.append(False)
            case ")" if len(open_by_depth) > 1:
                open_by_depth.pop()
            case "o":
                open_by_depth[-1] = True
                outermost = outermost or len(open_by_depth) == 1
            case "l" if open_by_depth[-1]:
                open_by_depth[-1] = False
                ends.append(found.start())
    return ends + [len(text.rstrip("; \t\r\n"))] * open_by_depth[0], outermost


def _tie_broken(statement: str, direction: str) -> str:
    """The statement, in which rows that were sorted as equal are sorted on by their first column."""
    for end in reversed(_orderings(statement)[0]):
        statement = f"{statement[:end]}, 1 {direction} {statement[end:]}"
    return statement


def _difficulty(statements: Sequence[str]) -> int:
    """1, and one more for joins, grouping, nesting and set operations each."""
    text = _TEXT.sub(" ", "; ".join(statements))
    return 1 + sum(bool(re.search(pattern, text, re.IGNORECASE)) for pattern in _CONSTRUCTS)


def _played(start: bytes, statements: Sequence[str], ordered: bool) -> tuple[list[tuple], bool]:
    """The rows of the last statement, and whether the statements change the database.

    Raises:
        Rejected: a statement fails, a question's answer cannot be one, or another order of the rows, where the
            statement leaves it open, leads to another end.
    """
    with closing(Database.from_bytes(start)) as database:
        before, rows = database.state_hash(), _run(database, statements)
        after = database.state_hash()
    write = after != before
    if not write:
        _check_answer(rows)
    for reopen, rewrite in _VARIANTS_OF_CHANGES if write else _VARIANTS:
        with closing(reopen(start)) as other:
            other_rows = _run(other, [rewrite(statement) for statement in statements])
            same = other.state_hash() == after if write else answers_match(list(map(list, rows)), other_rows, ordered)
        if not same:
            raise Rejected(
                "flaky", f"{statements[-1][:200]!r} hangs on the order in which the rows happen to be stored"
            )
    return rows, write


def _run(database: Database, statements: Sequence[str]) -> list[tuple]:
    rows: list[tuple] = []
    for statement in statements:
        try:
            rows = database.run(statement).rows
        except ToolError as error:
            kind = "refused" if database.refusal else "unsolvable"
            raise Rejected(kind, f"{statement[:200]!r}: {error}") from None
    return rows


def _backwards(start: bytes) -> Database:
    """The database, whose plain selections go backwards by a switch of SQLite's. Sorting and grouping do not."""
    database = Database.from_bytes(start)
    database.reverse_unordered()
    return database


def _refilled(start: bytes, arrange: Callable[[list[tuple]], list[tuple]]) -> Database:
    """The tables, filled in another order. Rows that are added later get other ids, so it serves only questions.

    An INTEGER PRIMARY KEY is SQLite's name for the place of a row; as INT it is a column like others.
    """
    with closing(Database.from_bytes(start)) as database:
        kept = "type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'"
        listed = database.run(f"SELECT sql FROM sqlite_master WHERE {kept}").rows
        tables = {name: arrange(database.rows(name)) for name in database.schema()}
    plain = (re.sub(r"\bAUTOINCREMENT\b", "", sql, flags=re.IGNORECASE) for (sql,) in listed)
    return Database.carried([re.sub(r"\bINTEGER\b", "INT", sql, flags=re.IGNORECASE) for sql in plain], tables)


_VARIANTS_OF_CHANGES = (
    (_backwards, str),
    (Database.from_bytes, partial(_tie_broken, direction="ASC")),
    (Database.from_bytes, partial(_tie_broken, direction="DESC")),
)
_VARIANTS = (
    *_VARIANTS_OF_CHANGES,
    (partial(_refilled, arrange=lambda rows: rows[::-1]), str),
    (partial(_refilled, arrange=lambda rows: rows[len(rows) // 2 :] + rows[: len(rows) // 2]), str),
)


def _check_answer(rows: Sequence[tuple]) -> None:
    """Refuse an answer that says nothing, or that the agent could not read off an observation."""
    cells = [value for row in rows for value in row]
    if all(value is None for value in cells):
        raise Rejected("trivial", "its answer is empty")
    if len(rows) > MAX_ANSWER_ROWS:
        raise Rejected("unseen", f"its answer has {len(rows)} rows, more than {MAX_ANSWER_ROWS}")
    if any(isinstance(value, bytes) or len(str(value)) > SHOWN_CHARACTERS for value in cells):
        raise Rejected("unseen", f"its answer has a value that cannot be shown in {SHOWN_CHARACTERS} characters")
