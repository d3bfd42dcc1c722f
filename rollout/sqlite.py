"""How the SQLite files of this package are opened."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite_utils

__all__ = ["closed_on_failure", "open_database"]

_BUSY_SECONDS = 60.0
"""How long a writer waits for another process to finish its batch."""


def open_database(path: Path) -> "sqlite_utils.Database":
    """Open a file, made with its folder if it is not there, that several processes may read and write at a time.

    A statement outside an explicit transaction is committed at once.

    Raises:
        OSError: the folder cannot be made.
        sqlite3.Error: the file cannot be opened, or is no database.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = _sqlite_utils().Database(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None))
    with closed_on_failure(database):
        database.enable_wal()
        database.execute("PRAGMA synchronous=NORMAL")
    return database


@contextmanager
def closed_on_failure(database: "sqlite_utils.Database") -> Iterator[None]:
    """Close the database if what is done first with it fails."""
    try:
        yield
    except BaseException:
        database.close()
        raise


def _sqlite_utils() -> ModuleType:
    """The library, which loads pandas wherever that is installed: 65 MB for a type of column that is not used here."""
    hidden = not {"pandas", "sqlite_utils"} & sys.modules.keys()
    if hidden:
        sys.modules["pandas"] = None  # what an import takes for "not installed"
    try:
        import sqlite_utils
    finally:
        if hidden:
            del sys.modules["pandas"]
    return sqlite_utils
