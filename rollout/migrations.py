"""The store's tables, as a list of changes that are applied in order."""

from typing import TYPE_CHECKING

from rollout.rows import COLUMNS, STEP_COLUMNS

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["MIGRATIONS"]

_LISTED = "run, env, split, difficulty, template, policy, stop, valid, success, turns, completion_tokens, seconds, id"
"""What a list of trajectories is filtered by and sums up: one index answers that without reading any conversation."""
_LATER = ("cached_tokens", "served", "origin", "reasoning")
"""Columns of today that the first tables did not have."""
_FIRST_COLUMNS = {name: kind for name, kind in COLUMNS.items() if name not in _LATER}
_FIRST_STEP_COLUMNS = {name: kind for name, kind in STEP_COLUMNS.items() if name not in _LATER}


def _first_tables(db: "sqlite_utils.Database") -> None:
    db["runs"].create({"name": str, "config": str, "created": str}, pk="name")
    db["prompts"].create({"hash": str, "text": str}, pk="hash")
    db["trajectories"].create(_FIRST_COLUMNS, pk="id", not_null={"run", "env", "task_id", "sample", "task", "messages"})
    db["trajectories"].create_index(["run", "env", "task_id", "sample"], unique=True)
    db["steps"].create(_FIRST_STEP_COLUMNS, pk=("trajectory", "turn"))
    db["reviews"].create(
        {"id": int, "trajectory": str, "turn": int, "verdict": str, "note": str, "text": str, "created": str}, pk="id"
    )
    db["reviews"].create_index(["trajectory"])


def _numbers_and_calls(db: "sqlite_utils.Database") -> None:
    """Number the trajectories in the order in which they were written; keep the call that a correction makes.

    A number is never given twice, not even when an invalid row is replaced, and VACUUM leaves it as it is: pages of a
    list and the index of a search can rely on it.
    """
    kinds = {str: "TEXT", int: "INTEGER", float: "REAL"}
    columns = ", ".join(f"{name} {kinds[kind]}" for name, kind in _FIRST_COLUMNS.items() if name != "id")
    names = ", ".join(_FIRST_COLUMNS)
    for statement in (
        "ALTER TABLE trajectories RENAME TO unnumbered",
        "CREATE TABLE trajectories "
        f"(number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, {columns}, "
        "UNIQUE (run, env, task_id, sample))",
        f"INSERT INTO trajectories ({names}) SELECT {names} FROM unnumbered ORDER BY rowid",
        "DROP TABLE unnumbered",
        f"CREATE INDEX listed ON trajectories ({_LISTED})",
        "ALTER TABLE reviews ADD COLUMN call TEXT",
    ):
        db.conn.execute(statement)


def _served_and_spent(db: "sqlite_utils.Database") -> None:
    """Keep which server answered and how, what its prefix cache saved, and tokens of attempts that left no row."""
    for table, column in (
        ("trajectories", "cached_tokens INTEGER NOT NULL DEFAULT 0"),
        ("trajectories", "served TEXT NOT NULL DEFAULT ''"),
        ("steps", "cached_tokens INTEGER NOT NULL DEFAULT 0"),
        ("steps", "origin TEXT NOT NULL DEFAULT 'text'"),
        ("steps", "reasoning TEXT NOT NULL DEFAULT ''"),
        ("runs", "spent_prompt_tokens INTEGER NOT NULL DEFAULT 0"),
        ("runs", "spent_completion_tokens INTEGER NOT NULL DEFAULT 0"),
        ("runs", "spent_cached_tokens INTEGER NOT NULL DEFAULT 0"),
        ("runs", "spent_seconds REAL NOT NULL DEFAULT 0"),
    ):
        db.conn.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


MIGRATIONS = [_first_tables, _numbers_and_calls, _served_and_spent]
"""In order, each once. The number of those applied is the file's `user_version`. Append, never change."""
