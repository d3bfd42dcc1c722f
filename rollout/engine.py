"""Many episodes at once. A pure producer: it yields trajectories as they end and knows nothing of storage.

Every live episode has a slot and there is no barrier: a slot that has ended an episode takes the next of the plan. Each
slot has one thread, on which its environments are made, used and closed; policies run on the event loop. Calls of the
policy in flight and episodes alive have a limit each, given or found by feedback (`rollout.limits`).
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import envs
from envs.core import AgentEnv
from envs.types import Message, Task
from rollout.calls import Calls
from rollout.crew import Crew, Job, Jobs, Plan, satisfied
from rollout.env_thread import EnvThread
from rollout.episode import run_episode
from rollout.limits import Limits
from rollout.meter import Meter
from rollout.policy import Policy
from rollout.trajectory import Trajectory

__all__ = ["episode_seed", "run", "still_owed"]

_log = logging.getLogger(__name__)
_CLOSING_SECONDS = 5.0
"""How long the end of a run waits for environments to close before it leaves their threads behind."""


async def run(
    plan: Jobs,
    policy: Policy,
    *,
    run: str,
    concurrency: int | None = None,
    live: int | None = None,
    seed: int = 0,
    shots: Mapping[Task, Sequence[Message]] | None = None,
    timeout: float | None = 600.0,
    call_timeout: float | None = None,
    env_timeout: float | None = None,
    enough: int | None = None,
    successes: Mapping[Task, int] | None = None,
    screenshots: bool = False,
    env_options: dict[str, Any] | None = None,
    make_env: Callable[..., AgentEnv] = envs.make,
    meter: Meter | None = None,
) -> AsyncIterator[Trajectory]:
    """Play every (task, sample) of `plan` once and yield the trajectories in the order in which they end.

    A deadline stops an episode even where its environment is stuck: the thread is abandoned and the slot gets another.
    After an error of the environment the slot makes a new environment too. On cancellation the running episodes are
    dropped, those that have ended are still yielded, and `CancelledError` follows.

    Args:
        plan: what to play; a (task, sample) that occurs twice is played twice. It is asked for the next one only when
            that can start, so an iterator that ends early ends the run after the episodes that are alive. Where it is
            asynchronous, a slot waits for its next job.
        policy: who plays; not closed here. If it has an attribute `meter`, that is set to the run's. If it has an
            attribute `concurrency`, that is used where none is given.
        run: name of the run, kept in every trajectory.
        concurrency: calls of the policy in flight at most. None: found by feedback, from 16 and up to 256.
        live: episodes alive at a time, each with a thread and an environment. None: found by feedback, from
            `concurrency` up to four times that (a single call at a time means a single episode), or up to 256 where
            `concurrency` is None too.
        seed: of the run; every episode derives its own.
        shots: the messages of demonstrations that stand before a task, see `rollout.shots`.
        timeout: seconds for one episode, with its waits for a call; None for no deadline.
        call_timeout: seconds for one call of the policy, after which the episode is a policy error.
        env_timeout: seconds for making and resetting an environment, or for one step of it, after which the episode is
            an environment error.
        enough: successes of a task after which its further samples are not begun, and those alive are cut: they are
            not yielded.
        successes: those that each task has already; counted towards `enough`.
        screenshots: keep what the worlds look like after each action.
        env_options: keyword arguments of every environment (`format`, `max_turns`, ...).
        make_env: `make_env(env_id, **env_options)` makes an environment.
        meter: counts what happens.

    Raises:
        UsageError: a task cannot be played at all.
    """
    meter = meter or Meter()
    if hasattr(policy, "meter"):
        policy.meter = meter
    limits = Limits(concurrency or getattr(policy, "concurrency", None), live)
    calls = Calls(policy, limits.calls, call_timeout, meter)
    threads: set[EnvThread] = set()
    make = partial(make_env, **(env_options or {}))

    def play(thread: EnvThread, task: Task, sample: int) -> Awaitable[Trajectory]:
        return run_episode(
            partial(thread.env, task.env),
            policy,
            task,
            sample,
            run=run,
            seed=episode_seed(seed, task, sample),
            shots=(shots or {}).get(task, ()),
            timeout=timeout,
            screenshots=screenshots,
            on_env=thread.call,
            calls=calls,
        )

    open_thread = partial(EnvThread, make, threads, env_timeout)
    crew = Crew(Plan(plan, enough, successes or {}), play, open_thread, limits, calls, meter)
    meter.event("run_started", run=run, policy=policy.name, calls=limits.calls, live=limits.live)
    try:
        crew.start()
        while (trajectory := await crew.finished.get()) is not None:
            yield trajectory
        if crew.error is not None:
            raise crew.error
    except asyncio.CancelledError:
        while not crew.finished.empty():
            if (trajectory := crew.finished.get_nowait()) is not None:
                yield trajectory
        raise
    finally:
        await crew.stop()
        meter.event("run_ended", run=run)
        if threads:
            _, stuck = await asyncio.wait([thread.ended for thread in threads], timeout=_CLOSING_SECONDS)
            if stuck:
                _log.warning("%d environments are still busy and were left behind", len(stuck))


def episode_seed(seed: int, task: Task, sample: int) -> int:
    """The seed of one episode, in [0, 2**31): the same episode of a run gets the same one whenever it is played."""
    digest = hashlib.sha256(f"{seed}\0{task.env}\0{task.id}\0{sample}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def still_owed(owed: Iterable[Job], successes: Mapping[Task, int], enough: int | None) -> list[Job]:
    """The part of `owed` whose tasks do not have `enough` successes yet; all of it when `enough` is None."""
    return [job for job in owed if not satisfied(job[0], successes, enough)]
