"""The slots of a run: each plays one episode after the other, on a thread of its own, as long as the limits allow."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping

from envs.types import Task
from rollout.calls import Calls
from rollout.env_thread import EnvThread
from rollout.limits import Limits
from rollout.meter import Meter
from rollout.trajectory import Stop, Trajectory

__all__ = ["Crew", "Job", "Jobs", "Plan", "satisfied"]

_TICK_SECONDS = 0.25

Job = tuple[Task, int]
"""A task and a sample."""
Jobs = Iterable[Job] | AsyncIterable[Job]


def satisfied(task: Task, successes: Mapping[Task, int], enough: int | None) -> bool:
    """Whether a task was solved often enough to leave out its further samples; never where `enough` is None."""
    return enough is not None and successes.get(task, 0) >= enough


class Plan:
    """What is still to play.

    Args:
        jobs: every (task, sample), asked for one at a time; where they are asynchronous a slot waits for its next.
        enough: successes of a task after which its further jobs are left out; None for never.
        successes: those that each task has already.
    """

    def __init__(self, jobs: Jobs, enough: int | None, successes: Mapping[Task, int]):
        self._jobs = aiter(jobs if isinstance(jobs, AsyncIterable) else _at_once(jobs))
        self._enough, self._successes = enough, Counter(successes)
        self.ended = False

    async def next(self) -> Job | None:
        """The next job; None when there is none."""
        async for task, sample in self._jobs:
            if not self.satisfied(task):
                return task, sample
        self.ended = True
        return None

    def satisfied(self, task: Task) -> bool:
        """Whether the task has enough successes."""
        return satisfied(task, self._successes, self._enough)

    def succeeded(self, task: Task) -> None:
        """Count a success."""
        if self._enough is not None:
            self._successes[task] += 1


async def _at_once(jobs: Iterable[Job]) -> AsyncIterator[Job]:
    for job in jobs:
        yield job


class Crew:
    """Plays a plan. `finished` takes every trajectory, and None when the last slot has left.

    Args:
        plan: what to play.
        play: plays one (task, sample) with the environments of a thread.
        open_thread: starts a thread for environments.
        limits: how many calls and episodes at a time.
        calls: the door to the policy, which is told when the limits change.
        meter: counts the episodes.
    """

    def __init__(
        self,
        plan: Plan,
        play: Callable[[EnvThread, Task, int], Awaitable[Trajectory]],
        open_thread: Callable[[], EnvThread],
        limits: Limits,
        calls: Calls,
        meter: Meter,
    ):
        self._plan, self._play, self._open_thread = plan, play, open_thread
        self._limits, self._calls, self._meter = limits, calls, meter
        self._slots: dict[asyncio.Task, Task | None] = {}
        """What each is playing; None between two episodes, and when it has been told to drop the one it plays."""
        self._steering: asyncio.Task | None = None
        self.finished: asyncio.Queue[Trajectory | None] = asyncio.Queue()
        self.error: BaseException | None = None
        """What ended the run, where that was not the end of the plan."""

    def start(self) -> None:
        """Begin to play."""
        self._fill()
        if not self._limits.fixed:
            self._steering = asyncio.create_task(self._steer())
            self._steering.add_done_callback(self._check)

    async def stop(self) -> None:
        """Drop what is still being played."""
        tasks = [*self._slots, *([self._steering] if self._steering else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._meter.calls_limit.value = self._meter.live.value = 0

    def _fill(self) -> None:
        """Open slots up to the limit."""
        self._meter.calls_limit.value = self._calls.limit = self._limits.calls
        while len(self._slots) < self._limits.live and not self._plan.ended:
            slot = asyncio.create_task(self._slot())
            self._slots[slot] = None
            slot.add_done_callback(self._leave)

    async def _next(self) -> Job | None:
        """The next job, which counts as begun: so a plan that watches its cost knows of all that it gave."""
        job = await self._plan.next()
        if job is not None:
            self._meter.began(*job)
        return job

    async def _steer(self) -> None:
        """Follow the limits as they are found."""
        while not self._plan.ended:
            await asyncio.sleep(_TICK_SECONDS)
            if self._limits.update(time.monotonic(), self._meter.replies, self._meter.in_flight.area):
                self._meter.event("limit", calls=self._limits.calls, live=self._limits.live)
                self._fill()

    async def _slot(self) -> None:
        thread = None
        try:
            while self._stays() and (job := await self._next()) is not None:
                thread = thread or self._open_thread()
                trajectory = await self._episode(thread, *job)
                if thread.busy or (trajectory and trajectory.stop is Stop.ENV_ERROR):
                    thread.retire()
                    thread = None
        finally:
            if thread is not None:
                thread.retire()

    def _stays(self) -> bool:
        """Whether this slot goes on. One too many is off the list at once: the next must not leave in its stead too."""
        if len(self._slots) <= self._limits.live:
            return True
        del self._slots[asyncio.current_task()]
        return False

    async def _episode(self, thread: EnvThread, task: Task, sample: int) -> Trajectory | None:
        """Play one; None when it was cut because the task has enough successes."""
        slot = asyncio.current_task()
        self._slots[slot] = task
        trajectory = None
        try:
            trajectory = await self._play(thread, task, sample)
        except (Exception, asyncio.CancelledError):  # some clients turn a cancellation into an error of theirs
            if self._slots[slot] is not None or slot.uncancel():  # not cut, or the run is being stopped too
                raise
        finally:
            self._slots[slot] = None
            self._meter.ended(task, sample, trajectory)
        if trajectory is not None:
            self.finished.put_nowait(trajectory)
            if trajectory.success:
                self._plan.succeeded(task)
                if self._plan.satisfied(task):
                    self._cut(task)
        return trajectory

    def _cut(self, task: Task) -> None:
        """Drop the other episodes of a task."""
        for slot, playing in self._slots.items():
            if playing == task and slot is not asyncio.current_task():
                self._slots[slot] = None
                slot.cancel()

    def _leave(self, slot: asyncio.Task) -> None:
        self._slots.pop(slot, None)
        self._check(slot)
        if not self._slots:
            self.finished.put_nowait(None)

    def _check(self, task: asyncio.Task) -> None:
        """Let an error, which is not an episode's own, end the run."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.error = self.error or error
            for slot in self._slots:
                slot.cancel()
