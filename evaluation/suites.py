"""Suites: named, fixed lists of tasks, kept as data in `suites.toml`."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from envs.errors import UsageError, did_you_mean
from envs.types import Task
from rollout.selection import select_tasks

__all__ = ["Entry", "Suite", "load_suite", "suite_names"]

_FILE = Path(__file__).with_name("suites.toml")


@dataclass(frozen=True)
class Entry:
    """The first `n` tasks of a split, from index `first`, whose difficulty is within `difficulty` ("1-2", "3")."""

    env: str
    split: str
    n: int
    difficulty: str = "1-5"
    first: int = 0


@dataclass(frozen=True)
class Suite:
    """A named list of tasks. `held_in`: its worlds, templates and words are those of the training split."""

    name: str
    about: str
    entries: tuple[Entry, ...]
    held_in: bool

    def shrunk(self, n: int) -> "Suite":
        """The same suite with at most `n` tasks of each entry.

        Raises:
            UsageError: `n` is below 1, or no entry has that many.
        """
        largest = max(entry.n for entry in self.entries)
        if not 1 <= n <= largest:
            raise UsageError(
                f"suite {self.name} has {largest} tasks an entry, so n must be from 1 to {largest}, not {n}"
            )
        return replace(self, entries=tuple(replace(entry, n=min(entry.n, n)) for entry in self.entries))

    def tasks(self) -> list[Task]:
        """The tasks, entry by entry; the same ones in every process."""
        return [
            task
            for entry in self.entries
            for task in select_tasks(entry.env, entry.split, entry.n, entry.difficulty, entry.first)
        ]


def suite_names() -> list[str]:
    """The names that `load_suite` knows, sorted."""
    return sorted(_read())


def load_suite(name: str) -> Suite:
    """Look a suite up by name.

    Raises:
        UsageError: no such suite; names the nearest.
    """
    known = _read()
    if name not in known:
        raise UsageError(f"no suite {name!r}.{did_you_mean(name, known)} Known: {', '.join(sorted(known))}")
    row = known[name]
    return Suite(name, row["about"], tuple(Entry(**entry) for entry in row["entries"]), row["held_in"])


def _read() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
