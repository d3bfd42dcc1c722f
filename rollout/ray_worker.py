"""One Ray actor: a whole engine, whose plan the driver feeds and whose trajectories the driver fetches."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from envs.types import Task
from rollout import engine
from rollout.crew import Job
from rollout.meter import Meter
from rollout.policies import Sampling, make_policy
from rollout.policy import Reply
from rollout.trajectory import Trajectory

__all__ = ["Call", "News", "Worker"]


@dataclass
class Call:
    """A call of the policy, as `Meter.replied` takes it; of the reply only what is counted."""

    task: str
    sample: int
    reply: Reply
    wait: float
    seconds: float


@dataclass
class News:
    """What a worker tells the driver."""

    host: str
    process: int
    """The machine, and the process there."""
    policy: str
    """The policy's name."""
    calls_limit: int
    """Calls in flight at most."""
    wanted: int
    """Slots that want a job, besides those that the driver knows of."""
    ended: list[Trajectory]
    calls: list[Call]
    events: list[tuple[str, dict[str, Any]]]
    """Since the last time: the episodes that have ended, the calls, and the events, each with its fields."""

    @property
    def place(self) -> str:
        return f"{self.host}, process {self.process}"


class Worker:
    """Plays what it is given until it is closed.

    Args:
        policy, sampling, store: as `make_policy` takes them.
        settings: keyword arguments of `rollout.engine.run`.
    """

    def __init__(self, policy: str, sampling: Sampling, store: Path, settings: dict[str, Any]):
        self._spec, self._settings = (policy, sampling, store), settings
        self._policy = self._engine = None
        self._changed = asyncio.Event()
        self._plan, self._meter = _FedPlan(self._changed), _WorkerMeter()
        self._ended: list[Trajectory] = []

    async def news(self) -> News:
        """Wait until an episode has ended or a slot wants a job. The first call starts the engine.

        Raises:
            UsageError: the policy cannot be made, or a task cannot be played at all.
        """
        if self._engine is None:
            policy, sampling, store = self._spec
            self._policy = make_policy(policy, sampling, store=store)
            self._engine = asyncio.create_task(self._play())
            self._engine.add_done_callback(lambda _: self._changed.set())
        await self._changed.wait()
        self._changed.clear()
        if self._engine.done():
            self._engine.result()
        news = News(
            host=socket.gethostname(),
            process=os.getpid(),
            policy=self._policy.name,
            calls_limit=int(self._meter.calls_limit.value),
            wanted=self._plan.wanted,
            ended=self._ended,
            calls=self._meter.calls,
            events=self._meter.told,
        )
        self._plan.wanted, self._ended, self._meter.calls, self._meter.told = 0, [], [], []
        return news

    async def play(self, jobs: Sequence[Job]) -> None:
        """Take jobs that were wanted."""
        for job in jobs:
            self._plan.put(job)

    async def close(self) -> None:
        """Drop what is being played, close the environments and the policy, and end the process."""
        import ray

        if self._engine is not None:
            self._engine.cancel()
            await asyncio.wait([self._engine])
            await self._policy.close()
        ray.actor.exit_actor()

    async def _play(self) -> None:
        stream = engine.run(self._plan, self._policy, meter=self._meter, **self._settings)
        async with contextlib.aclosing(stream):
            async for trajectory in stream:
                self._ended.append(trajectory)
                self._changed.set()


class _FedPlan:
    """A plan without an end, whose next job comes when the driver sends one."""

    def __init__(self, changed: asyncio.Event):
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._changed, self.wanted = changed, 0

    def put(self, job: Job) -> None:
        self._jobs.put_nowait(job)

    def __aiter__(self) -> "_FedPlan":
        return self

    async def __anext__(self) -> Job:
        await asyncio.sleep(0)  # so that the end of the slot's last episode is told first
        self.wanted += 1
        self._changed.set()
        return await self._jobs.get()


class _WorkerMeter(Meter):
    """Counts for the engine of a worker, and keeps what the driver's meter does not see by itself."""

    def __init__(self):
        super().__init__()
        self.calls: list[Call] = []
        self.told: list[tuple[str, dict[str, Any]]] = []

    def event(self, kind: str, **fields: Any) -> None:
        super().event(kind, **fields)
        self.told.append((kind, fields))

    def replied(self, task: str, sample: int, reply: Reply, wait: float, seconds: float) -> None:
        super().replied(task, sample, reply, wait, seconds)
        counted = replace(reply, text="", token_ids=None, logprobs=None, reasoning="")
        self.calls.append(Call(task, sample, counted, wait, seconds))

    def began(self, task: Task, sample: int) -> None:
        """The driver counts the episodes."""

    def ended(self, task: Task, sample: int, trajectory: Trajectory | None) -> None:
        """The driver counts the episodes."""
