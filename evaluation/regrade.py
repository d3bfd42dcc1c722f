"""Score stored episodes again with the present grader: `python -m evaluation.regrade RUN`. No model is asked.

Graders have bugs as large as an effect. Once such a bug is fixed, what the policies wrote is played again in the newest
version of the environment, and the rewards that it gives now are kept as a new run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from envs.cli import main
from envs.core import AgentEnv
from envs.errors import UsageError
from evaluation.perturbations import make_perturbed
from evaluation.replay import newest_version, open_run, replay
from evaluation.verify import differences
from rollout.settings import env_options
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory

__all__ = ["Regraded", "Regrading", "regrade", "regrade_run"]

_SHOWN = 20
"""Flips that are printed."""


@dataclass(frozen=True)
class Regraded:
    """An episode whose reward is another now."""

    trajectory: str
    """Its id in the old run."""
    task: str
    before: float
    after: float

    def __str__(self) -> str:
        return f"{self.before:g} -> {self.after:g}  trajectory {self.trajectory}, task {self.task}"


@dataclass(frozen=True)
class Regrading:
    """What grading a run again has changed."""

    run: str
    """The new run."""
    graders: dict[str, str]
    """Environment as it was played, and the version of it that grades now."""
    graded: int
    flips: list[Regraded]
    told_otherwise: int
    """Episodes graded in this session to which the world says something else now than the policy was shown."""
    owed: int
    """Valid episodes that could not be graded: the machine failed, or they would go on after their last message."""


def regrade(
    run: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    out: str | None = None,
    concurrency: int = 16,
    timeout: float = 600.0,
    store: Path = DEFAULT_STORE,
) -> int:
    """Grade the valid episodes of a run again, keep them as a new run, and print the rewards that changed.

    The new run has the messages and steps of the old one, with the rewards and stop reasons of the present grader. The
    same command again goes on where it was stopped. Exit status 1 when some episodes could not be graded.

    Args:
        run: name of a run in the store. It is not changed.
        out: name of the new run. By default RUN-regraded.
        concurrency: episodes at a time.
        timeout: seconds after which a replay is abandoned.
        store: the SQLite file that holds the run and takes the new one.
    """
    console = Console(markup=False, highlight=False, soft_wrap=True)
    found = regrade_run(run, out, store, concurrency=concurrency, timeout=timeout, console=console)
    for line in _lines(found, run):
        console.print(line)
    return 1 if found.owed else 0


def regrade_run(
    run: str,
    out: str | None = None,
    store: Path = DEFAULT_STORE,
    *,
    concurrency: int = 16,
    timeout: float | None = 600.0,
    make_env: Callable[..., AgentEnv] = make_perturbed,
    grader_of: Callable[[str], str] = newest_version,
    console: Console | None = None,
) -> Regrading:
    """Play a run's valid episodes again and keep them with their new rewards.

    Args:
        make_env: makes an environment from its id and options.
        grader_of: the id of the environment that grades, for the one that was played.
        console: where progress is shown; None for nowhere.
        run, out, store, concurrency, timeout: as in `regrade`.

    Raises:
        UsageError: no such store or run, an environment that is gone, or `out` names a run that is something else.
    """
    into = out or f"{run}-regraded"
    if into == run:
        raise UsageError(f"the new run needs another name than {run!r}: a run is never overwritten")
    told_otherwise = 0
    with open_run(store, run) as (database, row):
        played_in = database.db.execute("SELECT DISTINCT env FROM trajectories WHERE run = ? AND valid", [run])
        graders = {env: grader_of(env) for (env,) in played_in}
        for env in graders.values():
            make_env(env, **env_options(row["config"])).close()
        by = {"run": run, "graders": graders, "agenttuning": version("agenttuning")}
        database.start_run(into, row["config"] | {"regraded": by})

        def take(stored: Trajectory, again: Trajectory) -> None:
            nonlocal told_otherwise
            if again.valid:
                database.add(replace(stored, run=into, stop=again.stop, reward=again.reward))
                told_otherwise += any(
                    found.what in ("system prompt", "observation") for found in differences(stored, again)
                )

        done = _rewards(database, into).keys()
        episodes = (t for t in database.select(run, valid=True) if (t.task.id, t.sample) not in done)
        batches = replay(
            (replace(t, task=replace(t.task, env=graders[t.task.env])) for t in episodes),
            row["config"],
            take,
            total=row["valid"] - len(done),
            concurrency=concurrency,
            timeout=timeout,
            make_env=make_env,
            console=console,
        )
        for _ in batches:
            database.flush()
        before, after = _rewards(database, run), _rewards(database, into)
    changed = [key for key in after if after[key][1] != before[key][1]]
    flips = [Regraded(before[key][0], key[0], before[key][1], after[key][1]) for key in sorted(changed)]
    return Regrading(into, graders, len(after), flips, told_otherwise, len(before) - len(after))


def _rewards(database: Store, run: str) -> dict[tuple[str, int], tuple[str, float]]:
    """(Trajectory id, reward) of the valid episodes of a run, by (task id, sample)."""
    query = "SELECT task_id, sample, id, reward FROM trajectories WHERE run = ? AND valid"
    return {(task, sample): (identity, reward) for task, sample, identity, reward in database.db.execute(query, [run])}


def _lines(found: Regrading, run: str) -> Iterator[str]:
    for played, grader in found.graders.items():
        yield f"{played} graded by {grader} of agenttuning {version('agenttuning')}"
    yield from (f"  {flip}" for flip in found.flips[:_SHOWN])
    if len(found.flips) > _SHOWN:
        yield f"  and {len(found.flips) - _SHOWN} more"
    rose = sum(flip.after > flip.before for flip in found.flips)
    changed = f"{rose} rewards rose, {len(found.flips) - rose} fell"
    yield f"{found.graded} episodes graded again as run {found.run!r}: {changed}"
    if found.told_otherwise:
        yield (
            f"To {found.told_otherwise} of them the world now says something else than the policy was shown: their "
            f"rewards are those of the same actions (python -m evaluation.verify {run} names the differences)"
        )
    if found.owed:
        yield f"{found.owed} could not be graded: the machine failed, or they would go on after their last message"
    yield f"With intervals: python -m evaluation.compare {run} {found.run}"


if __name__ == "__main__":
    main(regrade)
