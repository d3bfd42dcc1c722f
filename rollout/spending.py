"""What a run has taken: tokens that stand in its rows, tokens that stand in none, and time."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from rollout.rows import COLUMNS, Row
from rollout.trajectory import Usage

__all__ = ["TOKENS", "Charge", "Spent", "charge_of", "read_spent", "write_charges"]

TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens")
"""The columns of a usage, in the order of its fields."""

Charge = tuple[str, Usage, float]
"""A run, tokens of it that stand in no row, and seconds of wall time."""


@dataclass(frozen=True)
class Spent:
    """What a run has taken in all its sessions. It only grows, whatever becomes of the rows."""

    episodes: int
    """That have a row, valid or not."""
    usage: Usage
    """Tokens of the rows, of the attempts that they replaced, and of those that left none."""
    seconds: float
    """Wall time during which episodes were played."""


def charge_of(row: Row) -> Charge:
    """The tokens of an attempt that is not kept."""
    values = dict(zip(COLUMNS, row.trajectory, strict=True))
    return values["run"], Usage(*(values[name] for name in TOKENS)), 0.0


def write_charges(connection: sqlite3.Connection, charges: Iterable[Charge]) -> None:
    """Add to what the runs have spent outside their rows."""
    sums = ", ".join(f"spent_{name} = spent_{name} + ?" for name in TOKENS)
    connection.executemany(
        f"UPDATE runs SET {sums}, spent_seconds = spent_seconds + ? WHERE name = ?",
        [(*(getattr(usage, name) for name in TOKENS), seconds, run) for run, usage, seconds in charges],
    )


def read_spent(connection: sqlite3.Connection, run: str) -> Spent:
    """Sum up a run that exists."""
    sums = [
        f"spent_{name} + (SELECT coalesce(sum({name}), 0) FROM trajectories WHERE run = runs.name)" for name in TOKENS
    ]
    count = "(SELECT count(*) FROM trajectories WHERE run = runs.name)"
    query = f"SELECT {count}, spent_seconds, {', '.join(sums)} FROM runs WHERE name = ?"
    episodes, seconds, *tokens = connection.execute(query, [run]).fetchone()
    return Spent(episodes, Usage(*tokens), seconds)
