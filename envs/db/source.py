"""Where the database of a `db` task comes from: drawn in one of the world's domains, or carried by the task itself."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import lru_cache
from typing import Any

from envs.db.database import Database
from envs.db.domains import DOMAINS
from envs.errors import ToolError, UsageError

__all__ = ["image"]


def image(data: Mapping[str, Any]) -> bytes:
    """The database of a task as bytes for `Database.from_bytes`.

    Args:
        data: has either `domain`, `seed` and `rows` (how many), or `schema` (a list of CREATE statements) and `tables`
            (lists of rows by table name).

    Raises:
        UsageError: it has neither, there is no such domain, or the tables cannot be built.
    """
    if {"schema", "tables"} <= data.keys():
        try:
            with closing(Database.carried(data["schema"], data["tables"])) as database:
                return database.serialize()
        except (ToolError, sqlite3.Error) as error:
            raise UsageError(f"its tables cannot be built: {error}") from None
    if missing := {"domain", "seed", "rows"} - data.keys():
        raise UsageError(f"its data lacks {sorted(missing)}; a task that carries its database has schema and tables")
    if data["domain"] not in DOMAINS:
        raise UsageError(f"no domain {data['domain']!r}")
    return _drawn(data["domain"], data["seed"], data["rows"])


@lru_cache(maxsize=64)
def _drawn(domain: str, seed: str, size: int) -> bytes:
    """Kept, since every task is built twice, to play and to grade."""
    chosen = DOMAINS[domain]
    with closing(Database(chosen.schema, chosen.rows(seed, size))) as database:
        return database.serialize()
