"""A locked in-memory SQLite database: what a model's statements run on.

database = Database("CREATE TABLE city (name TEXT, people INTEGER)", {"city": [("Turin", 841600)]})
print(database.render(database.run("SELECT name FROM city")))
"""

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from envs.db.explain import explain
from envs.db.guard import Guard
from envs.errors import ToolError

__all__ = ["Database", "Result", "quoted"]

MAX_ROWS = 10_000
MAX_CHARACTERS = 2_000_000
"""Rows and characters of them that one statement may return; the rest is left out and the result says so."""
SHOWN_ROWS = 10
SHOWN_CHARACTERS = 80
"""Rows of an observation, characters of one of its cells."""

_COMMENT = re.compile(r"--[^\n]*|/\*.*?(\*/|\Z)", re.S)


@dataclass(frozen=True)
class Result:
    """What one statement gave.

    Args:
        columns: names of the columns; empty for a statement that returns no table.
        rows: None, int, float, str and bytes values.
        changed: rows inserted, updated or deleted; None for any other statement.
        truncated: there were more rows than are kept.
    """

    columns: list[str]
    rows: list[tuple]
    changed: int | None
    truncated: bool


class Database:
    """A SQLite database in memory, behind a `Guard`. Usable from the thread that made it.

    Every statement takes effect at once or, when it fails, not at all (but SQLite's OR FAIL keeps what came before the
    failure). Foreign keys are enforced.

    Args:
        schema_sql: CREATE statements.
        tables: rows by table name, in the order of the table's columns.

    Raises:
        sqlite3.Error: the schema or a row is wrong.
    """

    def __init__(self, schema_sql: str, tables: dict[str, list[tuple]]):
        self._open()
        try:
            self._fill(schema_sql, tables)
        except sqlite3.Error:
            self._connection.close()
            raise
        self._guard = Guard(self._connection)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Database":
        """A fresh copy of what `serialize` gave; many times faster than building it."""
        database = cls.__new__(cls)
        database._open()
        database._connection.deserialize(data)
        database._guard = Guard(database._connection)
        return database

    def _open(self) -> None:
        # Without a statement cache every statement meets the guard.
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
        self._connection.text_factory = lambda text: text.decode("utf-8", "replace")
        self._hash: str | None = None

    def _fill(self, schema_sql: str, tables: dict[str, list[tuple]]) -> None:
        self._connection.executescript(f"BEGIN; {schema_sql}")
        self._insert(tables)
        self._connection.execute("COMMIT")

    def _insert(self, tables: dict[str, list[tuple]]) -> None:
        for name, rows in tables.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO {quoted(name)} VALUES ({marks})", rows)

    @classmethod
    def carried(cls, schema: Sequence[str], tables: dict[str, list[Sequence]]) -> "Database":
        """A database that came with a task, from outside: every statement of its schema meets the guard.

        Raises:
            ToolError: a statement is wrong or refused.
            sqlite3.Error: a row does not fit its table.
        """
        database = cls("", {})
        try:
            for statement in schema:
                database.run(statement)
            for step in ("PRAGMA foreign_keys=off", "BEGIN"):
                database._connection.execute(step)
            database._insert(tables)
            for step in ("COMMIT", "PRAGMA foreign_keys=on"):
                database._connection.execute(step)
        except (ToolError, sqlite3.Error):
            database.close()
            raise
        return database

    def run(self, statement: str) -> Result:
        """Run one statement that a model wrote.

        Raises:
            ToolError: it is wrong, refused, or takes too much; says why and, where it can, what would be right.
        """
        bare = _COMMENT.sub("", statement).strip(" \t\r\n;")
        if not bare:
            raise ToolError("The statement is empty.")
        cursor = self._connection.cursor()  # raises outside the try: a closed database is not the model's mistake
        try:
            with self._guard.statement(), closing(cursor):
                result = _execute(cursor, statement)
        except (sqlite3.Error, sqlite3.Warning, MemoryError, ValueError) as error:
            raise ToolError(explain(error, statement, self._guard.refusal, self.schema())) from None
        finally:
            if self._guard.writes:
                self._hash = None
        if not self._guard.changes_rows or bare[:7].upper() == "EXPLAIN":
            return result
        changed = self._connection.execute("SELECT changes()").fetchone()[0]
        return Result(result.columns, result.rows, changed, result.truncated)

    @property
    def refusal(self) -> str | None:
        """Why the guard stopped the last statement; None when it did not, even where the statement failed."""
        return self._guard.refusal

    def reverse_unordered(self) -> None:
        """Let plain selections meet the rows backwards, to show what is left to chance; sorting is as it was."""
        self._connection.execute("PRAGMA reverse_unordered_selects=on")

    def render(self, result: Result) -> str:
        """The result as a short observation: a header, at most ten rows, and how many there are beyond."""
        lines = []
        if result.changed is not None:
            lines.append("1 row changed." if result.changed == 1 else f"{result.changed} rows changed.")
        elif not result.columns:
            lines.append("Done.")
        elif not result.rows:
            lines.append("No rows.")
        if result.rows:
            lines.append(" | ".join(_cell(c) for c in result.columns))
            lines += [" | ".join(map(_cell, row)) for row in result.rows[:SHOWN_ROWS]]
            more = len(result.rows) - SHOWN_ROWS
            if result.truncated:
                lines.append(f"... more than {more} more rows" if more > 0 else "... more rows")
            elif more > 0:
                lines.append(f"... {more} more row{'s' if more > 1 else ''}")
        return "\n".join(lines)

    def schema(self) -> dict[str, list[str]]:
        """Stored columns by table, in the order of creation. A view's are left out: to name them SQLite compiles it."""
        names = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
        )
        return {name: self._columns(name) for (name,) in names.fetchall()}

    def _columns(self, table: str) -> list[str]:
        return [row[1] for row in self._connection.execute(f"PRAGMA table_info({quoted(table)})")]

    def rows(self, table: str) -> list[tuple]:
        """All rows of a table that is in `schema()`, for graders. Generated columns are left out."""
        columns = ", ".join(map(quoted, self.schema()[table]))
        return self._connection.execute(f"SELECT {columns} FROM {quoted(table)}").fetchall()

    def state_hash(self) -> str:
        """A hash of the whole state: the schema's text and, of every table, the rows in any order.

        Numbers count to twelve digits, and 3 equals 3.0, so that two ways to compute a value give one state.
        """
        if self._hash is None:
            schema = self._connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
            digest = hashlib.sha256(ascii(sorted(schema, key=ascii)).encode())
            for table in sorted(self.schema()):
                lines = sorted(ascii(tuple(map(_canonical, row))) for row in self.rows(table))
                digest.update(ascii([table, lines]).encode())
            self._hash = digest.hexdigest()
        return self._hash

    def serialize(self) -> bytes:
        """The database as bytes, for `from_bytes`."""
        return self._connection.serialize()

    def close(self) -> None:
        """Free the database. Closing twice is allowed."""
        self._guard.close()
        self._connection.close()


def _execute(cursor: sqlite3.Cursor, statement: str) -> Result:
    rows, characters, truncated = [], 0, False
    cursor.execute(statement)
    columns = [c[0] for c in cursor.description or ()]
    for row in cursor:
        characters += sum(len(v) if isinstance(v, str | bytes) else 8 for v in row)
        if len(rows) == MAX_ROWS or characters > MAX_CHARACTERS:
            truncated = True
            break
        rows.append(row)
    return Result(columns, rows, None, truncated)


def quoted(name: str) -> str:
    """A name as an SQL identifier, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def _canonical(value):
    if isinstance(value, float):
        rounded = float(f"{value:.12g}")
        return int(rounded) if rounded.is_integer() else rounded
    return value


def _cell(value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float):
        text = f"{value:.15g}"
        return text if re.search(r"[.einf]", text) else f"{text}.0"
    text = f"x'{value.hex()}'" if isinstance(value, bytes) else str(value)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 3]}..."
