"""Playing stored episodes again: their own messages, in a fresh world, without a model."""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

import envs
from envs.core import AgentEnv
from envs.errors import UsageError
from evaluation.perturbations import make_perturbed
from rollout import engine
from rollout.policy import ContextFull, Episode, PolicyError, Reply
from rollout.progress import ProgressLine
from rollout.replay_policy import ReplayPolicy
from rollout.settings import env_options
from rollout.store import Store
from rollout.trajectory import Stop, Trajectory

__all__ = ["newest_version", "open_run", "replay"]

_BATCHES = 8
"""Episodes in a batch, for each that plays at a time."""


@contextmanager
def open_run(path: Path, run: str) -> Iterator[tuple[Store, dict[str, Any]]]:
    """A store, and the row of a run in it: name, config, created, episodes, valid, success.

    Raises:
        UsageError: no such store or run, or the run has no valid episode.
    """
    if not path.exists():
        raise UsageError(f"no store {str(path)!r}: rollout.collect and evaluation.run make one")
    with Store(path) as store:
        store.select(run)  # says which runs there are
        row = next(row for row in store.runs() if row["name"] == run)
        if not row["valid"]:
            raise UsageError(f"run {run!r} in {path} has no valid episode to play again")
        yield store, row


def replay(
    episodes: Iterable[Trajectory],
    config: dict[str, Any],
    take: Callable[[Trajectory, Trajectory], None],
    *,
    total: int,
    concurrency: int = 16,
    timeout: float | None = 600.0,
    make_env: Callable[..., AgentEnv] = make_perturbed,
    console: Console | None = None,
) -> Iterator[int]:
    """Play valid episodes of one run again and hand each, with its replay, to `take`.

    Args:
        episodes: the stored ones; their tasks may be of a newer version of the environment than they were played in.
        config: the run's settings as the store has them.
        total: how many there are.
        concurrency, timeout, make_env: as for `rollout.engine.run`.
        console: where progress is shown; None for nowhere.

    Yields:
        After every batch, in the order of `episodes`, how many were in it.
    """
    episodes = iter(episodes)

    async def play(batch: Sequence[Trajectory]) -> None:
        stored = {(t.task.env, t.task.id, t.sample): t for t in batch}
        stream = engine.run(
            [(t.task, t.sample) for t in batch],
            _Recorded(batch),
            run="replay",
            concurrency=concurrency,
            seed=config["seed"],
            shots={t.task: [message for message in t.messages if "shot" in message] for t in batch},
            timeout=timeout,
            env_options=env_options(config),
            make_env=make_env,
        )
        async with aclosing(stream):
            async for again in stream:
                take(stored[again.task.env, again.task.id, again.sample], again)
                progress.add(again)
                progress.refresh()

    with ProgressLine(console or Console(), total, quiet=console is None) as progress:
        while batch := list(islice(episodes, concurrency * _BATCHES)):
            asyncio.run(play(batch))
            yield len(batch)


def newest_version(env: str) -> str:
    """The newest registered version of an environment: `AgentTuning/Db-v1` for `AgentTuning/Db-v0`.

    Raises:
        UsageError: no version of it is registered.
    """
    stem = re.sub(r"\d+$", "", env)
    versions = [name for name in envs.env_ids() if re.fullmatch(re.escape(stem) + r"\d+", name)]
    if not versions:
        raise UsageError(f"no version of {env} is registered: there is nothing to grade its episodes")
    return max(versions, key=lambda name: int(name.removeprefix(stem)))


class _Recorded(ReplayPolicy):
    """Plays stored messages, and stops where the context of the model that wrote them was full."""

    def __init__(self, stored: Sequence[Trajectory]):
        super().__init__({(t.task.id, t.sample): _written(t) for t in stored})
        self._full = {(t.task.id, t.sample) for t in stored if t.stop is Stop.CONTEXT}

    async def act(self, episode: Episode) -> Reply:
        try:
            return await super().act(episode)
        except PolicyError:
            if (episode.task.id, episode.sample) in self._full:
                raise ContextFull from None
            raise


def _written(trajectory: Trajectory) -> list[str]:
    """The policy's own messages."""
    return [m["content"] for m in trajectory.messages if m["role"] == "assistant" and "shot" not in m]
