"""The engine in Ray workers: `python -m rollout.collect --ray 4`, or `--ray auto` on a machine of a cluster.

Every worker runs `rollout.engine.run` over a plan that never ends. Its slots ask for a job when they can start one; the
driver, the only one that knows the plan, sends it, fetches what has ended and hands it on. So no more is under way than
there are live slots, a consumer that is slow slows the workers down, and what a dead worker was playing is known.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from envs.errors import UsageError, WorldError
from envs.types import Task
from rollout.crew import Job
from rollout.meter import Meter
from rollout.policies import Sampling
from rollout.ray_cluster import check_address, connected
from rollout.ray_handout import DEATHS, Handout, Seat
from rollout.ray_worker import News, Worker
from rollout.trajectory import Stop, Trajectory

if TYPE_CHECKING:
    import ray
    from ray.actor import ActorHandle
    from ray.exceptions import RayError

__all__ = ["check", "run"]

_log = logging.getLogger(__name__)
_CLOSING_SECONDS = 10.0
"""How long the workers may take to close their environments at the end."""
_PATIENCE_SECONDS = 600.0
"""How long to wait for the first worker, or for another one when all have died: a cluster may be starting machines."""


async def run(
    plan: Iterable[Job],
    policy: str,
    sampling: Sampling,
    *,
    address: str,
    store: Path,
    run: str,
    concurrency: int | None = None,
    live: int | None = None,
    enough: int | None = None,
    successes: Mapping[Task, int] | None = None,
    meter: Meter | None = None,
    **settings: Any,
) -> AsyncIterator[Trajectory]:
    """Play every (task, sample) of `plan` once, in Ray workers, and yield the trajectories in the order of their ends.

    As `rollout.engine.run`, but that every worker makes the policy for itself, and that `concurrency` and `live`, which
    are of the whole run, are divided among the workers. Where they are None each worker finds its own.

    A worker or a machine that dies is replaced, and what it was playing is played again. An episode during which three
    workers died, the last one while it played nothing else, becomes an environment error.

    Args:
        policy, sampling, store: as `make_policy` takes them.
        address: `auto`, `HOST:6379` or `ray://HOST:10001`, a cluster with this package on every machine, of which each
            free CPU becomes a worker; or a number of workers on this machine, for a Ray that ends with the run.
        plan, run, concurrency, live, enough, successes, meter: as in `rollout.engine.run`.
        settings: its other keyword arguments, for the engine of each worker.

    Raises:
        UsageError: the policy cannot be made in a worker, no Ray answers, or a task cannot be played at all.
        WorldError: worker after worker dies before it plays anything, or none starts for ten minutes.
    """
    check(policy, address)
    jobs = iter(plan)
    if (first := next(jobs, None)) is None:  # which saves starting Ray
        return
    settings |= {"run": run, "enough": enough, "successes": successes}
    with connected(address) as room:
        size = min(room, concurrency or room, live or room)
        seats = []
        for index in range(size):
            limits = {"concurrency": _share(concurrency, size, index), "live": _share(live, size, index)}
            start = partial(_start, policy, sampling, store.absolute(), settings | limits)
            seats.append(_ActorSeat(start=start))
        handout = Handout(chain([first], jobs), seats, enough, successes)
        team = _Team(run, handout, seats, meter or Meter())
        try:
            async with contextlib.aclosing(team.play()) as trajectories:
                async for trajectory in trajectories:
                    yield trajectory
        finally:
            await team.close()


def check(policy: str, address: str) -> None:
    """Whether workers of the Ray at `address` could play this policy.

    Raises:
        UsageError: the policy cannot be made in several processes, or no Ray answers at the address.
    """
    kind, colon, rest = policy.partition(":")
    if policy == "human":
        raise UsageError("Ray workers have no terminal for the policy 'human': leave --ray out")
    if kind == "replay" and not address.isdecimal():
        raise UsageError(f"the store that {policy!r} replays is on this machine: give --ray a number, or leave it out")
    if colon and kind == "vllm" and "@" not in rest:
        raise UsageError(
            f"{policy!r} would start a server in every Ray worker: start one with python -m rollout.serve and give "
            "its address, vllm:NAME@URL"
        )
    check_address(address)


@dataclass(kw_only=True)
class _ActorSeat(Seat):
    """A seat and the actor on it."""

    start: Callable[[], "ActorHandle"]
    worker: "ActorHandle | None" = None
    answer: "asyncio.Future[News] | None" = None
    """What the worker has been asked."""
    news: News | None = None
    """What it last said."""
    deaths: int = 0
    """Workers in a row that said nothing."""


class _Team:
    """The workers, as the driver sees them."""

    def __init__(self, run: str, handout: Handout, seats: Sequence[_ActorSeat], meter: Meter):
        self._run, self._handout, self._seats, self._meter = run, handout, seats, meter
        self._answered: asyncio.Queue[_ActorSeat] = asyncio.Queue()

    async def play(self) -> AsyncIterator[Trajectory]:
        """Play the plan. Of each worker at most one answer waits for those before it to be taken."""
        from ray.exceptions import RayError, RayTaskError

        for seat in self._seats:
            self._hire(seat)
        while not self._handout.over:
            seat = await self._next_answer()
            try:
                ended = self._read(seat, seat.answer.result())
                self._ask(seat)
            except RayTaskError as error:
                raise error.cause from error
            except RayError as error:
                ended = self._bury(seat, error)
                self._hire(seat)
            self._hand_out()
            for trajectory in ended:
                yield trajectory

    async def close(self) -> None:
        """Let the workers close what they have open, and end them."""
        import ray
        from ray.exceptions import RayTaskError

        hired = [seat for seat in self._seats if seat.worker]
        numbers = {seat.news.process for seat in hired if seat.news}
        ours = [process for process in psutil.Process().children(recursive=True) if process.pid in numbers]
        if closing := [_future(seat.worker.close.remote()) for seat in hired if seat.news]:
            await asyncio.wait(closing, timeout=_CLOSING_SECONDS)
        for seat in hired:
            ray.kill(seat.worker)  # which those do not hear that have closed and are ending
        for error in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(error, RayTaskError):  # and not the end of the worker, which is meant
                _log.warning("closing a Ray worker failed: %s", error.cause)
        await asyncio.gather(*(seat.answer for seat in hired), return_exceptions=True)
        # A Ray of our own has to outlive its workers: what their processes share is closed as they end.
        _, left = await asyncio.to_thread(psutil.wait_procs, ours, _CLOSING_SECONDS)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._meter.calls_limit.value = self._meter.live.value = 0

    async def _next_answer(self) -> _ActorSeat:
        """The next worker that has said something or died."""
        nobody = not any(seat.news for seat in self._seats)
        try:
            return await asyncio.wait_for(self._answered.get(), _PATIENCE_SECONDS if nobody else None)
        except TimeoutError:
            raise WorldError(
                f"no Ray worker has started for {_PATIENCE_SECONDS:g} s: no machine has a free CPU, or Ray is gone"
            ) from None

    def _hire(self, seat: _ActorSeat) -> None:
        seat.worker, seat.news = seat.start(), None
        self._ask(seat)

    def _ask(self, seat: _ActorSeat) -> None:
        seat.answer = _future(seat.worker.news.remote())
        seat.answer.add_done_callback(lambda _: self._answered.put_nowait(seat))

    def _read(self, seat: _ActorSeat, news: News) -> list[Trajectory]:
        """Take in what a worker says; return the episodes that have ended."""
        seat.news, seat.deaths = news, 0
        seat.wanted += news.wanted
        for call in news.calls:
            self._meter.replied(call.task, call.sample, call.reply, call.wait, call.seconds)
            self._meter.in_flight.add(call.seconds)
        for kind, fields in news.events:
            self._meter.event(kind, worker=news.place, **fields)
        self._meter.calls_limit.value = sum(seat.news.calls_limit for seat in self._seats if seat.news)
        ended = []
        for trajectory in news.ended:
            task, sample = trajectory.task, trajectory.sample
            if (task, sample) in seat.playing:  # else it is superfluous by now
                self._meter.ended(task, sample, trajectory)
                for superfluous in self._handout.ended(seat, trajectory):
                    self._meter.ended(*superfluous, None)
                ended.append(trajectory)
        return ended

    def _hand_out(self) -> None:
        for seat in self._seats:
            if jobs := self._handout.take(seat):
                seat.worker.play.remote(jobs)
                for task, sample in jobs:
                    self._meter.began(task, sample)

    def _bury(self, seat: _ActorSeat, error: "RayError") -> list[Trajectory]:
        """Take back what a worker had that is dead or out of reach; return the episodes that are given up."""
        import ray

        ray.kill(seat.worker)  # one that is out of reach may be alive: nothing is to be played twice
        # Ray ends with a line of reasons, and that with general advice.
        reason = str(error).strip().splitlines()[-1].partition(" Some common causes")[0]
        if seat.news is None:
            seat.deaths += 1
            if getattr(error, "actor_init_failed", False):
                raise UsageError(f"a Ray worker cannot start, is this package installed on every machine? {reason}")
            if seat.deaths == DEATHS:
                raise WorldError(f"{DEATHS} Ray workers in a row died before they could play anything: {reason}")
            return []
        where, policy = seat.news.place, seat.news.policy
        self._meter.event("worker_died", worker=where, episodes=len(seat.playing), reason=reason)
        _log.warning("a Ray worker died (%s), its %d episodes are played again: %s", where, len(seat.playing), reason)
        why = f"{DEATHS} Ray workers died of it, the last one ({where}) while it played nothing else: {reason}"
        lost = seat.playing
        broken = {
            job: Trajectory(self._run, *job, policy, "", messages=[], steps=[], stop=Stop.ENV_ERROR, error=why)
            for job in self._handout.died(seat)
        }
        for job in lost:
            self._meter.ended(*job, broken.get(job))
        return list(broken.values())


def _start(policy: str, sampling: Sampling, store: Path, settings: dict[str, Any]) -> "ActorHandle":
    import ray

    actor = ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(Worker)
    return actor.remote(policy, sampling, store, settings)


def _future(reference: "ray.ObjectRef") -> asyncio.Future:
    return asyncio.wrap_future(reference.future())


def _share(total: int | None, parts: int, index: int) -> int | None:
    """The part of a whole number that falls to part `index`, from 0."""
    return None if total is None else total // parts + (index < total % parts)
