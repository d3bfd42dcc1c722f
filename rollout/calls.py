"""The door between the episodes and the policy: so many calls at a time, first come first served, each counted."""

import asyncio
from collections import deque
from time import perf_counter

from rollout.meter import Meter
from rollout.policy import Episode, Policy, PolicyError, Reply

__all__ = ["Calls"]


class Calls:
    """Asks a policy for its replies.

    Args:
        policy: who is asked.
        limit: calls in flight at most.
        timeout: seconds for one call, not counting the wait at the door; None for no deadline.
        meter: counts the calls.
    """

    def __init__(
        self,
        policy: Policy,
        limit: float = float("inf"),
        timeout: float | None = None,
        meter: Meter | None = None,
    ):
        self._policy, self._timeout, self._meter = policy, timeout, meter or Meter()
        self._limit, self._in_flight = limit, 0
        self._waiting: deque[asyncio.Future] = deque()

    @property
    def limit(self) -> float:
        return self._limit

    @limit.setter
    def limit(self, limit: float) -> None:
        self._limit = limit
        self._admit()

    async def act(self, episode: Episode) -> tuple[Reply, float]:
        """The policy's reply, and the seconds that it took from the moment it was asked.

        Raises:
            PolicyError: no reply at the deadline. Whatever the policy raises is raised too.
        """
        came = perf_counter()
        await self._enter()
        asked = perf_counter()
        try:
            reply = await (self._policy.act(episode) if self._timeout is None else self._act_in_time(episode))
        finally:
            self._leave()
        seconds = perf_counter() - asked
        self._meter.replied(episode.task.id, episode.sample, reply, asked - came, seconds)
        return reply, seconds

    async def _act_in_time(self, episode: Episode) -> Reply:
        try:
            async with asyncio.timeout(self._timeout) as deadline:
                return await self._policy.act(episode)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise PolicyError(f"no reply within {self._timeout:g} seconds") from error

    async def _enter(self) -> None:
        if self._in_flight < self._limit:  # nobody waits then: `_admit` has let them in
            self._in_flight += 1
            self._meter.in_flight.value = self._in_flight
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # let in at the moment at which its episode was cancelled
                self._leave()
            raise

    def _leave(self) -> None:
        self._in_flight -= 1
        self._admit()

    def _admit(self) -> None:
        """Let in as many as there is room for."""
        while self._waiting and self._in_flight < self._limit:
            turn = self._waiting.popleft()
            if not turn.done():  # else its episode was cancelled
                self._in_flight += 1
                turn.set_result(None)
        self._meter.in_flight.value = self._in_flight
