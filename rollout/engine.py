"""Many episodes at once. A pure producer: it yields trajectories as they end and knows nothing of storage.

There are `concurrency` slots and no barrier: a slot that has ended an episode takes the next of the plan. Each slot has
one thread, on which its environments are made, used and closed; policies run on the event loop.
"""

import asyncio
import contextlib
import hashlib
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import envs
from envs.core import AgentEnv
from envs.errors import WorldError
from envs.types import Message, Task
from rollout.episode import run_episode
from rollout.policy import Policy
from rollout.trajectory import Stop, Trajectory

__all__ = ["episode_seed", "run"]

_log = logging.getLogger(__name__)
_CLOSING_SECONDS = 5.0
"""How long the end of a run waits for environments to close before it leaves their threads behind."""


async def run(
    plan: Sequence[tuple[Task, int]],
    policy: Policy,
    *,
    run: str,
    concurrency: int = 16,
    seed: int = 0,
    shots: Mapping[Task, Sequence[Message]] | None = None,
    timeout: float | None = 600.0,
    screenshots: bool = False,
    env_options: dict[str, Any] | None = None,
    make_env: Callable[..., AgentEnv] = envs.make,
) -> AsyncIterator[Trajectory]:
    """Play every (task, sample) of `plan` once and yield the trajectories in the order in which they end.

    A deadline stops an episode even where its environment is stuck: the thread is abandoned and the slot gets another.
    After an error of the environment the slot makes a new environment too. On cancellation the running episodes are
    dropped, those that have ended are still yielded, and `CancelledError` follows.

    Args:
        plan: what to play; a (task, sample) that occurs twice is played twice.
        policy: who plays; not closed here.
        run: name of the run, kept in every trajectory.
        concurrency: episodes at a time, each with a thread and an environment.
        seed: of the run; every episode derives its own.
        shots: the messages of demonstrations that stand before a task, see `rollout.shots`.
        timeout: seconds for one episode; None for no deadline.
        screenshots: keep what the worlds look like after each action.
        env_options: keyword arguments of every environment (`format`, `max_turns`, ...).
        make_env: `make_env(env_id, **env_options)` makes an environment.

    Raises:
        UsageError: a task cannot be played at all.
    """
    jobs, finished, threads = iter(plan), asyncio.Queue(), set()
    make = partial(make_env, **(env_options or {}))

    async def slot() -> None:
        thread = _EnvThread(make, threads)
        try:
            for task, sample in jobs:
                trajectory = await run_episode(
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
                )
                finished.put_nowait(trajectory)
                if thread.busy or trajectory.stop is Stop.ENV_ERROR:
                    thread.retire()
                    thread = _EnvThread(make, threads)
        finally:
            thread.retire()

    slots = [asyncio.create_task(slot()) for _ in range(min(concurrency, len(plan)))]
    crew = asyncio.gather(*slots)
    crew.add_done_callback(lambda _: finished.put_nowait(None))
    try:
        while (trajectory := await finished.get()) is not None:
            yield trajectory
        await crew
    except asyncio.CancelledError:
        while not finished.empty():
            if (trajectory := finished.get_nowait()) is not None:
                yield trajectory
        raise
    finally:
        for task in slots:
            task.cancel()
        await asyncio.gather(crew, *slots, return_exceptions=True)
        if threads:
            _, stuck = await asyncio.wait([thread.ended for thread in threads], timeout=_CLOSING_SECONDS)
            if stuck:
                _log.warning("%d environments are still busy and were left behind", len(stuck))


def episode_seed(seed: int, task: Task, sample: int) -> int:
    """The seed of one episode, in [0, 2**31): the same episode of a run gets the same one whenever it is played."""
    digest = hashlib.sha256(f"{seed}\0{task.env}\0{task.id}\0{sample}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


class _EnvThread:
    """A thread that owns environments, one per id, and runs functions in the order in which they come.

    Not an executor: Python waits for an executor's threads at exit, and a stuck environment would hold the process.
    """

    def __init__(self, make: Callable[[str], AgentEnv], threads: set["_EnvThread"]):
        self._make, self._envs = make, {}
        self._jobs = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._pending = 0
        self.ended = self._loop.create_future()
        threads.add(self)
        self.ended.add_done_callback(lambda _: threads.discard(self))
        threading.Thread(target=self._run, name="env", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether a function is still running, which after the end of an episode means that it is stuck."""
        return self._pending > 0

    def env(self, env_id: str) -> AgentEnv:
        """The environment of this id, made at first use. To be called on the thread."""
        if env_id not in self._envs:
            self._envs[env_id] = self._make(env_id)
        return self._envs[env_id]

    async def call(self, function: Callable, *args: Any) -> Any:
        """Run `function(*args)` on the thread and return or raise what it does."""
        future = self._loop.create_future()
        self._pending += 1
        self._jobs.put((future, function, args))
        return await future

    def retire(self) -> None:
        """Let the thread close its environments and end, when it has done what it is doing."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, function, args = job
            result = error = None
            try:
                result = function(*args)
            except Exception as raised:
                error = raised
            except BaseException as raised:
                error = WorldError(f"the environment raised {type(raised).__name__}")
            if isinstance(error, StopIteration):  # which a future refuses
                error = RuntimeError("a generator on the environment's thread has ended")
            self._post(self._settle, future, result, error)
            del job, future, function, args, result, error  # a waiting thread keeps no episode alive
        for env_id, env in self._envs.items():
            try:
                env.close()
            except Exception:
                _log.warning("closing %s failed", env_id, exc_info=True)
        self._post(self.ended.set_result, None)

    def _post(self, callback: Callable, *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits for an abandoned thread
            self._loop.call_soon_threadsafe(callback, *args)

    def _settle(self, future: asyncio.Future, result: Any, error: Exception | None) -> None:
        self._pending -= 1
        if future.done():  # cancelled: the episode ran past its deadline
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
