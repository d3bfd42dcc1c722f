"""The lock on a SQLite connection through which a model acts.

What is held: nothing outside the database is read or written; nothing depends on the clock, the time zone or chance; a
statement is stopped by a count of steps (equal on every machine) or, where single steps are slow, by a deadline in CPU
time; values, rows, the database's growth and the statement itself have a largest size.

What is not: a single step and the compiling of a statement cannot be interrupted. Against the first, only functions
that are quick on short values are allowed (`functions.py`), and values are short. Against the second, which a few
nested views or CTEs blow up exponentially, there is only SQLite's heap limit, reached in about half a second. It counts
for the whole process: at that moment any other connection of the process may be told that memory is full.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from envs.db.functions import CLOCK, FUNCTIONS, NO_CLOCK, Dates, remove_harmful, replace_trim

__all__ = ["MAX_LENGTH", "Guard"]

SECONDS = 0.5
"""CPU time of one statement."""
STEPS = 10_000_000
"""Virtual-machine instructions of one statement, about 0.4 s."""
STEPS_BETWEEN_CHECKS = 1_000
MAX_LENGTH = 20_000
"""Bytes of one value or one row."""
GROWTH = 1_000
"""Pages of 4 kB that the database may grow by."""
HEAP = 256 << 20
"""Bytes that SQLite may allocate in the whole process: a thousand databases of 2,000 rows, or one bad statement."""
FUNCTION_CALLS = 200
"""Function calls written in one statement: straight-line code is not interrupted."""

LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_LENGTH,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 20_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
}
PRAGMAS = (
    "temp_store=memory",
    "trusted_schema=off",
    "foreign_keys=on",
    f"hard_heap_limit={HEAP}",
)

ACTIONS = {
    getattr(sqlite3, f"SQLITE_{name}")
    for name in (
        "SELECT READ RECURSIVE INSERT UPDATE DELETE REINDEX "
        "CREATE_TABLE CREATE_INDEX CREATE_VIEW CREATE_TRIGGER DROP_TABLE DROP_INDEX DROP_VIEW DROP_TRIGGER"
    ).split()
}
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
CHANGING_ROWS = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
INFO_PRAGMAS = ("table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list")
HIDDEN_TABLES = {"dbstat", "sqlite_dbpage", "sqlite_stmt", "bytecode", "tables_used"}

TOO_LONG = "The statement takes too long and was stopped: make it simpler."
NO_TEMPORARY = "Temporary tables, views and triggers are not available."
SENTENCES = {
    sqlite3.SQLITE_TRANSACTION: "There are no transactions here: every statement takes effect at once.",
    sqlite3.SQLITE_SAVEPOINT: "There are no transactions here: every statement takes effect at once.",
    sqlite3.SQLITE_ATTACH: "There is only this database: none can be attached, copied or vacuumed.",
    sqlite3.SQLITE_DETACH: "There is only this database: none can be attached, copied or vacuumed.",
    sqlite3.SQLITE_CREATE_VTABLE: "Virtual tables are not available.",
    sqlite3.SQLITE_DROP_VTABLE: "Virtual tables are not available.",
    sqlite3.SQLITE_ANALYZE: "ANALYZE is not available.",
    # The functions in the definition of an added column never meet the authorizer.
    sqlite3.SQLITE_ALTER_TABLE: "ALTER TABLE is not available: tables keep their columns.",
}


class Guard:
    """Locks `connection`; what a model wrote is run inside `with guard.statement():`.

    Outside that block nothing is checked, for the owner's own queries. After it `refusal` says why the guard stopped
    the statement, or is None.

    Args:
        connection: open, in autocommit mode, its tables filled, and without a cache of prepared statements: a cached
            one is not authorized again.
    """

    def __init__(self, connection: sqlite3.Connection):
        self._armed = False
        self._reset()
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + GROWTH}").close()
        for limit, value in LIMITS.items():
            connection.setlimit(limit, value)
        remove_harmful(connection)
        replace_trim(connection)
        self._dates = Dates(connection, self._refuse)
        connection.set_authorizer(self._authorize)
        connection.set_progress_handler(self._must_stop, STEPS_BETWEEN_CHECKS)

    @contextmanager
    def statement(self) -> Iterator[None]:
        """Check and time everything that runs on the connection inside the block."""
        self._reset()
        self._armed = True
        try:
            yield
        finally:
            self._armed = False

    def close(self) -> None:
        """Free what the guard itself holds; the connection is its owner's."""
        self._dates.close()

    def _reset(self) -> None:
        self.refusal: str | None = None
        self._changes: set[int] = set()
        self._calls = 0
        self._checks_left = STEPS // STEPS_BETWEEN_CHECKS
        self._deadline = time.thread_time() + SECONDS

    def _refuse(self, reason: str) -> None:
        self.refusal = self.refusal or reason

    @property
    def writes(self) -> bool:
        """Whether the last statement may have changed anything."""
        return bool(self._changes)

    @property
    def changes_rows(self) -> bool:
        """Whether the last statement was an INSERT, UPDATE or DELETE."""
        return self.writes and self._changes <= CHANGING_ROWS

    def _must_stop(self) -> bool:
        self._checks_left -= 1
        if not self._armed or (self._checks_left >= 0 and time.thread_time() <= self._deadline):
            return False
        self._refuse(TOO_LONG)
        return True

    def _authorize(self, action, first, second, database, trigger) -> int:
        if not self._armed:
            return sqlite3.SQLITE_OK
        refusal = self._objection(action, first, second, database)
        if refusal is not None:
            self._refuse(refusal)
            return sqlite3.SQLITE_DENY
        # Opening a table-valued function such as json_each looks like a change of the schema.
        if action in ACTIONS - READING and first not in ("sqlite_master", "sqlite_temp_master"):
            self._changes.add(action)
        return sqlite3.SQLITE_OK

    def _objection(self, action: int, first: str | None, second: str | None, database: str | None) -> str | None:
        """Say why an action may not be, or None."""
        if time.thread_time() > self._deadline:
            return TOO_LONG
        if action == sqlite3.SQLITE_FUNCTION:
            return self._objection_to_function(second.lower())
        if action == sqlite3.SQLITE_PRAGMA:
            allowed = first.lower() in INFO_PRAGMAS
            return None if allowed else f"PRAGMA {first} is not available; {', '.join(INFO_PRAGMAS)} are."
        if action == sqlite3.SQLITE_READ and first.lower() in HIDDEN_TABLES:
            return f"no such table: {first}"
        if database == "temp" and action not in READING:
            return NO_TEMPORARY
        if action in ACTIONS:
            return None
        return SENTENCES.get(action, "This kind of statement is not available.")

    def _objection_to_function(self, name: str) -> str | None:
        self._calls += 1
        if name in CLOCK:
            return NO_CLOCK
        if name not in FUNCTIONS:
            return f"no such function: {name}"
        too_many = f"More than {FUNCTION_CALLS} function calls in one statement."
        return too_many if self._calls > FUNCTION_CALLS else None
