"""Choosing tasks to play: out of an environment's split, or out of a file."""

from envs.errors import UsageError, did_you_mean
from envs.registry import env_class, load_tasks, resolve
from envs.types import SPLITS, Task

__all__ = ["select_from_file", "select_tasks"]

_MISSES = 10_000
"""Tasks in a row that do not fit before an endless split is taken to have none that do."""


def select_tasks(
    env: str, split: str = "train", n: int = 100, difficulty: str | None = None, first: int = 0
) -> list[Task]:
    """The first `n` different tasks of a split, from index `first`, whose difficulty fits; fewer where it has fewer.

    Args:
        env: short name or id.
        split: one of `envs.SPLITS`.
        n: how many.
        difficulty: `"3"` or a range `"1-2"`; None for all.
        first: index in the split at which to begin.

    Raises:
        UsageError: no such environment or split, a bad difficulty, or no task that fits.
    """
    _check_split(split)
    _check_counts(n, first)
    source, fits = env_class(env).tasks(split), _levels(difficulty)
    found: dict[str, Task] = {}
    misses = 0
    for index in range(first, len(source)):
        if len(found) == n or misses == _MISSES:
            break
        task = source[index]
        if task.difficulty in fits and task.id not in found:
            found[task.id] = task
            misses = 0
        else:
            misses += 1
    if not found:
        level = f" of difficulty {difficulty}" if difficulty else ""
        raise UsageError(f"{resolve(env)} has no tasks{level} in split {split!r} from index {first}")
    return list(found.values())


def select_from_file(
    source: str,
    env: str | None = None,
    split: str | None = None,
    n: int | None = None,
    difficulty: str | None = None,
    first: int = 0,
) -> list[Task]:
    """The tasks of a file that fit, in its order: `n` of them, from index `first` of those that fit.

    Args:
        source: `FILE.jsonl` or `LOADER:PATH`, as `envs.load_tasks` takes it.
        env, split, difficulty: only such tasks; None for all.
        n: how many; None for all.
        first: how many of the fitting ones to pass over.

    Raises:
        UsageError: no such file, a bad line in it, or no task that fits.
    """
    _check_split(split or "train")
    _check_counts(n, first)
    only, fits, tasks = env and resolve(env), _levels(difficulty), load_tasks(source)
    chosen = [t for t in tasks if only in (None, t.env) and split in (None, t.split) and t.difficulty in fits]
    chosen = chosen[first:][:n]
    if not chosen:
        raise UsageError(f"{source}: none of its {len(tasks)} tasks fits --env, --split, --difficulty and --first")
    return chosen


def _levels(difficulty: str | None) -> range:
    """`"3"` or `"1-2"` as the difficulties that fit."""
    low, _, high = (difficulty or "1-5").partition("-")
    high = high or low
    if not (low in "12345" and high in "12345" and low and low <= high):
        raise UsageError(f"a difficulty is 1 to 5, or a range as in 1-2, not {difficulty!r}")
    return range(int(low), int(high) + 1)


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise UsageError(f"no split {split!r}.{did_you_mean(split, SPLITS)} Splits: {', '.join(SPLITS)}")


def _check_counts(n: int | None, first: int) -> None:
    if n is not None and n < 1:
        raise UsageError(f"n must be above 0, not {n}")
    if first < 0:
        raise UsageError(f"first must be 0 or more, not {first}")
