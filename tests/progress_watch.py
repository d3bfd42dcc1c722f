"""How far another process has come with a store."""

import contextlib
import sqlite3
import time
from pathlib import Path
from subprocess import Popen


def episodes_in(store: Path) -> int:
    """How many episodes it has written so far."""
    if not store.exists():
        return 0
    with contextlib.closing(sqlite3.connect(store, timeout=10)) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'trajectories'").fetchone()[0]
        return connection.execute("SELECT count(*) FROM trajectories").fetchone()[0] if tables else 0


def wait_for_more(store: Path, than: int, process: Popen) -> None:
    """Wait until it has written more than that, or has ended."""
    while process.poll() is None and episodes_in(store) <= than:
        time.sleep(0.02)
