"""Let a policy play tasks and keep every episode: `python -m rollout.collect --env db --policy gpt-4`.

The same command again plays what is still owed: the plan minus the valid episodes in the store.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

import envs
from envs.cli import main, parse_options
from envs.core import AgentEnv
from envs.errors import UsageError
from envs.types import Message, Task
from rollout import engine
from rollout.policies import Sampling, make_policy
from rollout.policy import Policy
from rollout.progress import ProgressLine, Tally
from rollout.selection import select_from_file, select_tasks
from rollout.shots import demonstrations
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Stop

__all__ = ["Summary", "collect", "collect_tasks", "select_tasks"]

_TICK_SECONDS = 0.5


@dataclass(frozen=True)
class Summary:
    """What a collection did. `owed` episodes of the plan still have no valid row."""

    run: str
    store: Path
    planned: int
    already: int
    played: Tally
    owed: int

    def __str__(self) -> str:
        played = self.played
        lines = [f"{played.episodes} episodes in {played.seconds:.1f} s · {played}"] if played.episodes else []
        for stop in Stop:
            if count := played.stops[stop]:
                lines.append(f"  {count:>6} {stop.value:<12} {stop.sentence}")
        for text, count in played.failures.most_common(3):
            lines.append(f"  invalid, {count} times: {text}")
        there = self.planned - self.owed
        lines.append(f"{there} of {self.planned} planned episodes of run {self.run!r} are in {self.store}.")
        if self.owed:
            lines.append(f"{self.owed} are owed: run the same command again.")
        return "\n".join(lines)


def collect(
    policy: str,
    env: str | None = None,
    tasks: str | None = None,
    split: str | None = None,
    difficulty: str | None = None,
    n: int | None = None,
    first: int = 0,
    samples: int = 1,
    shots: int = 0,
    run: str | None = None,
    seed: int = 0,
    format: str = "react",
    max_turns: int | None = None,
    env_options: tuple[str, ...] = (),
    temperature: float = Sampling.temperature,
    top_p: float = Sampling.top_p,
    max_tokens: int = Sampling.max_tokens,
    concurrency: int = 16,
    timeout: float = 600.0,
    screenshots: bool = False,
    store: Path = DEFAULT_STORE,
) -> int:
    """Let a policy play tasks and keep every episode in the store.

    The same command again goes on where it was stopped. Exit status 1 when some episodes are invalid (a server or an
    environment failed), and so are owed.

    Args:
        policy: expert, random, human, replay:RUN, smollm2, smollm2+ADAPTER_DIR, local:PATH, or a model on an
            OpenAI-compatible server (gpt-4, or MODEL@URL).
        env: environment, by short name or id (python -m envs lists them). With --tasks: only its tasks.
        tasks: FILE.jsonl, or LOADER:PATH, with tasks to play instead of the environment's own.
        split: train, explore, dev, test or novel. By default train; with --tasks all.
        difficulty: only tasks of this difficulty, 1 to 5, or of a range as in 1-2.
        n: tasks to play. By default 100; with --tasks all.
        first: index at which to begin counting tasks.
        samples: attempts at each task.
        shots: demonstrations before each task, the expert's play of other train tasks of the environment.
        run: name under which the episodes are kept. By default ENV-POLICY-SPLIT.
        seed: of the run; each episode derives its own.
        format: how actions are written, react or hermes.
        max_turns: actions of one episode. By default the environment's own limit.
        env_options: further options of the environment itself, as NAME=VALUE: sandbox=docker.
        temperature: of sampling; 0 for the likeliest token always.
        top_p: sample from the likeliest tokens that together have this probability.
        max_tokens: tokens of one reply.
        concurrency: episodes at a time.
        timeout: seconds after which an episode is abandoned.
        screenshots: keep a picture of every turn beside the store, where the world has something to see.
        store: the SQLite file that keeps everything.
    """
    if tasks:
        chosen = select_from_file(tasks, env, split, n, difficulty, first)
        run = run or f"{Path(tasks).stem}-{policy}"
    elif env:
        chosen = select_tasks(env, split or "train", 100 if n is None else n, difficulty, first)
        run = run or f"{env}-{policy}-{split or 'train'}"
    else:
        raise UsageError("nothing to play: give --env NAME (python -m envs lists them) or --tasks FILE.jsonl")
    summary = collect_tasks(
        chosen,
        policy,
        run=run,
        store=store,
        samples=samples,
        shots=shots,
        seed=seed,
        concurrency=concurrency,
        format=format,
        max_turns=max_turns,
        env_options=parse_options(env_options),
        sampling=Sampling(temperature, top_p, max_tokens, seed),
        timeout=timeout,
        screenshots=screenshots,
    )
    return 1 if summary.owed else 0


def collect_tasks(
    tasks: Sequence[Task],
    policy: Policy | str,
    *,
    run: str,
    store: Path = DEFAULT_STORE,
    samples: int = 1,
    shots: int = 0,
    seed: int = 0,
    concurrency: int = 16,
    format: str = "react",
    max_turns: int | None = None,
    env_options: Mapping[str, Any] | None = None,
    sampling: Sampling | None = None,
    timeout: float | None = 600.0,
    screenshots: bool = False,
    quiet: bool = False,
    make_env: Callable[..., AgentEnv] = envs.make,
) -> Summary:
    """Play what is owed of `tasks` times `samples`, of one environment or of several, and store it.

    Args:
        policy: a policy, which stays open, or the spec of one.
        env_options: further keyword arguments of the environments' constructors.
        sampling: for the policy that is made from a spec; kept with the run in either case.
        quiet: print nothing.
        make_env: makes an environment from its id and options.
        tasks, run, store, samples, shots, seed, concurrency, format, max_turns, timeout, screenshots: as in
            `collect`.

    Raises:
        UsageError: before anything is played: an unknown environment, policy or option, or a run with other settings.
        KeyboardInterrupt: after Ctrl-C; the episodes that had ended are stored.
    """
    for name, value in {"samples": samples, "concurrency": concurrency, "timeout": timeout}.items():
        if value is not None and value <= 0:
            raise UsageError(f"{name} must be above 0, not {value}")
    if shots < 0:
        raise UsageError(f"shots must be 0 or more, not {shots}")
    sampling = sampling or Sampling()
    options = {"format": format, "max_turns": max_turns, **(env_options or {})}
    shown: dict[Task, list[Message]] = {}
    for env_id in dict.fromkeys(task.env for task in tasks):
        make_env(env_id, **options).close()
        if shots:
            with contextlib.closing(make_env(env_id, **{**options, "max_turns": None})) as env:
                shown |= demonstrations(env, [task for task in tasks if task.env == env_id], shots, seed)
    player = make_policy(policy, sampling, store=store) if isinstance(policy, str) else policy
    different = {(task.env, task.id): task for task in tasks}.values()
    plan = [(task, sample) for task in different for sample in range(samples)]
    console = Console(quiet=quiet, markup=False, highlight=False, emoji=False, soft_wrap=True)
    with Store(store) as database:
        config = {"policy": player.name, "seed": seed, **options, "sampling": asdict(sampling)}
        database.start_run(run, config | ({"shots": shots} if shots else {}))
        owed = database.owed(run, plan)
        already = len(plan) - len(owed)
        console.print(f"run {run!r}: {len(plan)} episodes planned, {already} already in {store}")
        stream = engine.run(
            owed,
            player,
            run=run,
            concurrency=concurrency,
            seed=seed,
            shots=shown,
            timeout=timeout,
            screenshots=screenshots,
            env_options=options,
            make_env=make_env,
        )
        # A person at the terminal needs the screen.
        progress = ProgressLine(console, len(owed), quiet or player.name == "human")
        try:
            with progress:
                asyncio.run(_store_all(stream, database, progress, player if isinstance(policy, str) else None))
        finally:  # after Ctrl-C too, when it says how to go on
            summary = Summary(run, store, len(plan), already, progress.tally, len(database.owed(run, owed)))
            console.print(str(summary))
    return summary


async def _store_all(stream, database: Store, progress: ProgressLine, owned: Policy | None) -> None:
    """Write and count every trajectory of the stream; whatever ends it, close the stream and the policy we own."""

    async def tick():
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            database.flush()
            progress.refresh()

    ticking = asyncio.create_task(tick())
    try:
        async with contextlib.aclosing(stream):
            async for trajectory in stream:
                database.add(trajectory)
                progress.add(trajectory)
    finally:
        ticking.cancel()
        if owned:
            await owned.close()


if __name__ == "__main__":
    main(collect)
