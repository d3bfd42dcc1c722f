"""Play what is owed of a plan through the engine, and keep every episode in the store."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

import envs
from envs.core import AgentEnv
from envs.errors import UsageError
from envs.types import Message, Task
from rollout import engine, leaks
from rollout.budget import Bounds, Budget
from rollout.meter import Meter
from rollout.policies import Sampling, make_policy
from rollout.policy import Policy
from rollout.prices import Price, price_of
from rollout.progress import ProgressLine
from rollout.response_cache import ResponseCache
from rollout.shots import demonstrations
from rollout.store import DEFAULT_STORE, Store
from rollout.summary import Summary
from rollout.trajectory import Trajectory

__all__ = ["collect_tasks"]

_TICK_SECONDS = 0.5


def collect_tasks(
    tasks: Sequence[Task],
    policy: Policy | str,
    *,
    run: str,
    store: Path = DEFAULT_STORE,
    samples: int = 1,
    enough: int | None = None,
    shots: int = 0,
    seed: int = 0,
    format: str = "react",
    max_turns: int | None = None,
    env_options: Mapping[str, Any] | None = None,
    sampling: Sampling | None = None,
    concurrency: int | None = None,
    live: int | None = None,
    timeout: float | None = 600.0,
    call_timeout: float | None = None,
    env_timeout: float | None = None,
    bounds: Bounds | None = None,
    prices: Mapping[str, Price] | None = None,
    cache: Path | None = None,
    ray: str | None = None,
    log: Path | None = None,
    screenshots: bool = False,
    quiet: bool = False,
    make_env: Callable[..., AgentEnv] = envs.make,
) -> Summary:
    """Play what is owed of `tasks` times `samples`, of one environment or of several, and store it.

    Args:
        policy: a policy, which stays open, or the spec of one. Only with a spec is it looked for what was left behind.
        env_options: further keyword arguments of the environments' constructors.
        sampling: for the policy that is made from a spec; kept with the run in either case.
        bounds: what all sessions of the run may take (`--max-cost`, `--max-tokens-total`, `--max-hours`).
        prices: dollars for tokens, by policy.
        quiet: print nothing.
        make_env: makes an environment from its id and options.
        tasks, run, store, samples, enough, shots, seed, format, max_turns, concurrency, live, timeout, call_timeout,
            env_timeout, cache, ray, log, screenshots: as in `rollout.collect`.

    Raises:
        UsageError: before anything is played: an unknown environment, policy or option, a bound that cannot be kept,
            or a run with other settings.
        KeyboardInterrupt: after Ctrl-C; the episodes that had ended are stored.
    """
    _check_above_zero(samples=samples, enough=enough, concurrency=concurrency, live=live)
    _check_above_zero(timeout=timeout, call_timeout=call_timeout, env_timeout=env_timeout)
    if ray:
        _check_ray(policy, ray, cache)
    sampling, bounds, prices = sampling or Sampling(), bounds or Bounds(), prices or {}
    options = {"format": format, "max_turns": max_turns, **(env_options or {})}
    shown = _try_worlds(tasks, make_env, options, shots, seed)
    different = {(task.env, task.id): task for task in tasks}.values()
    plan = [(task, sample) for task in different for sample in range(samples)]
    console = Console(quiet=quiet, markup=False, highlight=False, emoji=False, soft_wrap=True)
    before = leaks.snapshot()
    with (
        asyncio.Runner() as runner,
        _player(policy, sampling, store, runner) as player,
        _cached(player, cache),
        Store(store) as database,
        _open_meter(log) as meter,
        _old_objects_left_alone(),
    ):
        bounds.check(player.name, prices)
        config = {"policy": player.name, "seed": seed, **options, "sampling": asdict(sampling)}
        config |= {"shots": shots} if shots else {}
        config |= {"native_tools": True} if getattr(player, "native_tools", False) else {}
        database.start_run(run, config)
        owed, spare, successes = _owed(database, run, plan, enough)
        already = len(plan) - len(owed) - spare
        console.print(f"run {run!r}: {len(plan)} episodes planned, {already} already in {store}")
        budget = Budget(bounds, player.name, prices, database, run, meter)
        stream = _engine(player, policy, sampling, store, ray)(
            budget.within(owed),
            run=run,
            concurrency=concurrency,
            live=live,
            seed=seed,
            shots=shown,
            timeout=timeout,
            call_timeout=call_timeout,
            env_timeout=env_timeout,
            enough=enough,
            successes=successes,
            screenshots=screenshots,
            env_options=options,
            make_env=make_env,
            meter=meter,
        )
        # A person at the terminal needs the screen.
        progress = ProgressLine(console, len(owed), quiet or player.name == "human")
        try:
            with progress:
                runner.run(_store_all(stream, database, budget, progress))
        finally:  # after Ctrl-C too, when it says how to go on
            budget.charge()
            owed, spare, _ = _owed(database, run, plan, enough)
            price = price_of(player.name, prices)
            summary = Summary(
                run=run,
                store=store,
                planned=len(plan),
                already=already,
                played=progress.tally,
                owed=len(owed),
                spare=spare,
                spent=database.spent(run),
                price=price,
                figures=meter.summary(price and price.of(meter.tokens)),
                stopped=budget.report(len(owed)) if budget.reached and owed else "",
            )
            console.print(str(summary))
    # What a policy that was given keeps open is for whoever closes it.
    left = leaks.audit(before) if isinstance(policy, str) else []
    for leak in left:
        console.print(f"warning: this was left behind: {leak}")
    return replace(summary, leaks=left)


def _check_above_zero(**values: float | None) -> None:
    for name, value in values.items():
        if value is not None and value <= 0:
            raise UsageError(f"{name.replace('_', '-')} must be above 0, not {value}")


def _check_ray(policy: Policy | str, address: str, cache: Path | None) -> None:
    if not isinstance(policy, str):
        raise UsageError("Ray workers make their own policy: give its spec, not a policy")
    if cache:
        raise UsageError("Ray workers share no file, so --cache cannot be had with --ray")
    from rollout import ray_engine

    ray_engine.check(policy, address)


@contextlib.contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """The garbage collector looks at nothing that is there now: it found none, for a tenth of the CPU of a turn."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def _player(policy: Policy | str, sampling: Sampling, store: Path, runner: asyncio.Runner) -> Iterator[Policy]:
    """The policy, or the one that a spec names, which is closed on leaving, in the event loop in which it played."""
    if not isinstance(policy, str):
        yield policy
        return
    player = make_policy(policy, sampling, store=store)
    try:
        yield player
    finally:
        runner.run(player.close())


def _engine(
    player: Policy, policy: Policy | str, sampling: Sampling, store: Path, ray: str | None
) -> Callable[..., AsyncIterator[Trajectory]]:
    """What plays a plan: the engine here, or one in each of many Ray workers."""
    if not ray:
        return partial(engine.run, policy=player)
    from rollout import ray_engine

    return partial(ray_engine.run, policy=policy, sampling=sampling, address=ray, store=store)


def _cached(player: Policy, cache: Path | None) -> AbstractContextManager:
    """Let the policy look for answers in a file, which is closed on leaving."""
    if cache is None:
        return contextlib.nullcontext()
    if not hasattr(player, "cache"):
        raise UsageError(f"{player.name!r} keeps no cache of answers: leave --cache out")
    player.cache = ResponseCache(cache)
    return player.cache


def _try_worlds(
    tasks: Sequence[Task], make_env: Callable[..., AgentEnv], options: Mapping[str, Any], shots: int, seed: int
) -> dict[Task, list[Message]]:
    """Make each environment once, so that what cannot work fails now; return the demonstrations before each task."""
    if shots < 0:
        raise UsageError(f"shots must be 0 or more, not {shots}")
    shown: dict[Task, list[Message]] = {}
    for env_id in dict.fromkeys(task.env for task in tasks):
        make_env(env_id, **options).close()
        if shots:
            with contextlib.closing(make_env(env_id, **{**options, "max_turns": None})) as env:
                shown |= demonstrations(env, [task for task in tasks if task.env == env_id], shots, seed)
    return shown


def _open_meter(log: Path | None) -> Meter:
    try:
        return Meter(log)
    except OSError as error:
        raise UsageError(f"the log {log} cannot be written: {error.strerror}") from None


def _owed(
    database: Store, run: str, plan: Sequence[tuple[Task, int]], enough: int | None
) -> tuple[list[tuple[Task, int]], int, dict[Task, int]]:
    """What is still to play, how many more need not be since their tasks have `enough` successes, and those."""
    solved = database.successes(run)
    successes = {task: solved.get((task.env, task.id), 0) for task, _ in plan}
    missing = database.owed(run, plan)
    owed = engine.still_owed(missing, successes, enough)
    return owed, len(missing) - len(owed), successes


async def _store_all(
    stream: AsyncIterator[Trajectory], database: Store, budget: Budget, progress: ProgressLine
) -> None:
    """Write and count every trajectory of the stream; whatever ends it, close the stream."""

    async def tick():
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            budget.charge()
            database.flush()
            progress.refresh()

    ticking = asyncio.create_task(tick())
    try:
        async with contextlib.aclosing(stream):
            async for trajectory in stream:
                budget.add(trajectory)
                database.add(trajectory)
                progress.add(trajectory)
    finally:
        ticking.cancel()
