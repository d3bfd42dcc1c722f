"""Is what is stored what happens? `python -m evaluation.verify RUN` plays the stored messages again and compares.

Everything that was kept is compared: the system prompt, every observation, the call that was read from each message,
its error, the state of the world after it, why the episode ended, and the reward. No model is asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from envs.cli import main
from envs.core import AgentEnv
from envs.errors import UsageError
from evaluation.perturbations import make_perturbed
from evaluation.replay import open_run, replay
from rollout.store import DEFAULT_STORE
from rollout.trajectory import Stop, Trajectory

__all__ = ["Difference", "Verification", "differences", "verify", "verify_run"]

_SHOWN = 160
"""Characters of a text that a difference shows."""


@dataclass(frozen=True)
class Difference:
    """One thing that is stored otherwise than it is played."""

    turn: int
    """0 for what stands before the first action, else the action's number."""
    what: str
    stored: Any
    replayed: Any

    def __str__(self) -> str:
        stored, replayed = _excerpts(str(self.stored), str(self.replayed))
        return f"turn {self.turn}, {self.what}\n    stored    {stored}\n    replayed  {replayed}"


@dataclass
class Verification:
    """What came out of playing episodes again."""

    equal: int = 0
    different: dict[str, list[Difference]] = field(default_factory=dict)
    """By trajectory id."""
    broken: dict[str, str] = field(default_factory=dict)
    """Trajectories whose replay the machine broke, and how: nothing is known of them."""
    next: int = 0
    """Where to go on: valid episodes of the run that are done with, in the store's order."""

    @property
    def episodes(self) -> int:
        return self.equal + len(self.different) + len(self.broken)

    def add(self, stored: Trajectory, again: Trajectory) -> None:
        """Compare an episode with its replay."""
        if again.stop in (Stop.ENV_ERROR, Stop.TIMEOUT):
            self.broken[stored.id] = f"{again.stop}: {again.error}"
        elif found := differences(stored, again):
            self.different[stored.id] = found
        else:
            self.equal += 1


def verify(
    run: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    n: int | None = None,
    first: int = 0,
    concurrency: int = 16,
    timeout: float = 600.0,
    store: Path = DEFAULT_STORE,
) -> int:
    """Play the valid episodes of a run again in a fresh world and name everything that is stored otherwise.

    Exit status 1 when anything differs, or when a replay was broken by the machine. Stopped half-way, it says from
    where to go on.

    Args:
        run: name of a run in the store.
        n: episodes to look at. By default all.
        first: valid episodes to pass over, sorted as the store gives them.
        concurrency: episodes at a time.
        timeout: seconds after which a replay is abandoned.
        store: the SQLite file that holds the run.
    """
    found = Verification(next=first)
    console = Console(markup=False, highlight=False, soft_wrap=True)
    try:
        verify_run(run, store, n, first, concurrency=concurrency, timeout=timeout, console=console, into=found)
    except KeyboardInterrupt:
        _print(found, console)
        console.print(f"Stopped: go on with --first {found.next}")
        raise
    _print(found, console)
    return 1 if found.different or found.broken else 0


def verify_run(
    run: str,
    store: Path = DEFAULT_STORE,
    n: int | None = None,
    first: int = 0,
    *,
    concurrency: int = 16,
    timeout: float | None = 600.0,
    make_env: Callable[..., AgentEnv] = make_perturbed,
    console: Console | None = None,
    into: Verification | None = None,
) -> Verification:
    """Play episodes of a run again and compare, batch by batch.

    Args:
        make_env: makes an environment from its id and options.
        console: where progress is shown; None for nowhere.
        into: is filled as the replays end, for whoever wants the part that was done when it was stopped.
        run, store, n, first, concurrency, timeout: as in `verify`.

    Raises:
        UsageError: no such store or run, or nothing to look at.
    """
    if first < 0 or (n is not None and n < 1):
        raise UsageError(f"n must be above 0 and first 0 or more, not {n} and {first}")
    found = Verification(next=first) if into is None else into
    with open_run(store, run) as (database, row):
        last = row["valid"] if n is None else min(first + n, row["valid"])
        if first >= last:
            raise UsageError(f"run {run!r} has {row['valid']} valid episodes: first must be below, not {first}")
        episodes = islice(database.select(run, valid=True, limit=last), first, None)
        batches = replay(
            episodes,
            row["config"],
            found.add,
            total=last - first,
            concurrency=concurrency,
            timeout=timeout,
            make_env=make_env,
            console=console,
        )
        for done in batches:
            found.next += done
    return found


def differences(stored: Trajectory, again: Trajectory) -> list[Difference]:
    """Everything in which a replay is not the stored episode, in the order in which it happened. No clock counts."""
    found = [*_message_differences(stored, again), *_step_differences(stored, again)]
    found.sort(key=lambda difference: difference.turn)
    for what in ("stop", "reward"):
        then, now = getattr(stored, what), getattr(again, what)
        if then != now:
            found.append(Difference(len(stored.steps), what, then, now))
    return found


def _message_differences(stored: Trajectory, again: Trajectory) -> Iterator[Difference]:
    turn = 0
    for then, now in zip_longest(stored.messages, again.messages):
        message = then or now
        turn += message["role"] == "assistant" and "shot" not in message
        if then != now:
            what = {"system": "system prompt", "user": "observation", "assistant": "message"}[message["role"]]
            yield Difference(turn, what, then and then["content"], now and now["content"])


def _step_differences(stored: Trajectory, again: Trajectory) -> Iterator[Difference]:
    for turn, (then, now) in enumerate(zip_longest(stored.steps, again.steps), 1):
        for what in ("thought", "call", "error", "state_key"):
            was, is_now = (getattr(step, what) if step else "(no such turn)" for step in (then, now))
            if was != is_now:
                yield Difference(turn, what.replace("_", " "), was, is_now)


def _excerpts(one: str, other: str) -> Iterator[str]:
    """Both texts from shortly before the first character in which they differ."""
    same = next((i for i, (a, b) in enumerate(zip_longest(one, other)) if a != b), 0)
    start = max(0, same - _SHOWN // 4)
    for text in (one, other):
        yield "…" * (start > 0) + repr(text[start : start + _SHOWN]) + "…" * (len(text) > start + _SHOWN)


def _print(found: Verification, console: Console) -> None:
    for identity, each in found.different.items():
        console.print(f"trajectory {identity} differs:")
        for difference in each:
            console.print(f"  {difference}")
    for identity, error in found.broken.items():
        console.print(f"trajectory {identity} could not be played: {error}")
    console.print(
        f"{found.episodes} episodes played again: {found.equal} equal, {len(found.different)} different, "
        f"{len(found.broken)} not played to the end by a failure of the machine"
    )


if __name__ == "__main__":
    main(verify)
