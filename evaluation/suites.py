"""Suites: named, fixed lists of tasks, kept as data in `suites.toml`."""

import hashlib
import math
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from envs.errors import UsageError, did_you_mean
from envs.types import Task
from rollout.selection import select_tasks

__all__ = ["Entry", "Suite", "load_suite", "suite_names", "tasks_hash"]

_FILE = Path(__file__).with_name("suites.toml")


@dataclass(frozen=True)
class Entry:
    """The first `n` tasks of a split, from index `first`, whose difficulty is within `difficulty` ("1-2", "3")."""

    env: str
    split: str
    n: int
    difficulty: str = "1-5"
    first: int = 0

    def tasks(self) -> list[Task]:
        """The tasks; the same ones in every process.

        Raises:
            UsageError: the package that the tasks come from is not installed.
        """
        return select_tasks(self.env, self.split, self.n, self.difficulty, self.first)


@dataclass(frozen=True)
class Suite:
    """A named list of tasks. `held_in`: its worlds, templates and words are those of the training split.

    Neither the tasks of a (name, version) nor their order ever change.
    """

    name: str
    version: int
    about: str
    entries: tuple[Entry, ...]
    held_in: bool

    def shrunk(self, n: int) -> "Suite":
        """The same suite with at most `n` tasks of each world, evenly from the world's entries.

        Raises:
            UsageError: `n` is below 1, or no world has that many.
        """
        shares = Counter(entry.env for entry in self.entries)
        largest = max(sum(entry.n for entry in self.entries if entry.env == env) for env in shares)
        if not 1 <= n <= largest:
            raise UsageError(
                f"suite {self.name} has {largest} tasks of a world, so n must be from 1 to {largest}, not {n}"
            )
        left, kept = dict.fromkeys(shares, n), []
        for entry in self.entries:
            share = min(entry.n, math.ceil(left[entry.env] / shares[entry.env]))
            left[entry.env], shares[entry.env] = left[entry.env] - share, shares[entry.env] - 1
            kept += [replace(entry, n=share)] * (share > 0)
        return replace(self, entries=tuple(kept))

    def tasks(self) -> list[Task]:
        """The tasks, entry by entry.

        Raises:
            UsageError: as of `Entry.tasks`; `worlds.playable` leaves such entries out.
        """
        return [task for entry in self.entries for task in entry.tasks()]


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
    entries = tuple(Entry(**entry) for entry in row["entries"])
    return Suite(name, row["version"], row["about"], entries, row["held_in"])


def tasks_hash(tasks: Sequence[Task]) -> str:
    """16 hexadecimal digits that name a list of tasks, by their environments, ids and order."""
    return hashlib.sha256("\n".join(f"{task.env} {task.id}" for task in tasks).encode()).hexdigest()[:16]


def _read() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
