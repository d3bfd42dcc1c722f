"""How many calls and how many episodes at a time: given, or found by watching what a change brings."""

import math

__all__ = ["Limits"]

_FIRST, _MOST = 16, 256
_WINDOW_SECONDS = 2.0
_WINDOW_TURNS = 3
"""A window lasts until every episode had so many turns, on average."""
_FULL = 0.95
_WORTH = 0.25
"""A raise is kept when it brings this share of what it would bring if nothing else were short."""
_REST = 8
"""Windows without a trial after one that brought nothing; doubled each time."""


class Limits:
    """`calls` in flight at the model and `live` episodes, each with a thread and an environment.

    Little's law: what is in a system is its throughput times the time spent there. An episode is with the model for
    `in_flight / live` of its time, so `live * calls / in_flight` episodes fill the calls. While those are not full,
    `live` goes there, at most doubling; when they are, both limits are raised by half. Every raise is a trial of one
    window: if more in flight only makes each wait longer, throughput stays, and the raise is taken back. Then the model
    has enough to do or, where its calls are not full, the machine under the environments.

    Args:
        calls: None to find it, from 16 and up to 256.
        live: None to find it, from `calls` and up to 256; where `calls` is given, up to four times that, and a single
            call at a time means a single episode.
    """

    def __init__(self, calls: int | None, live: int | None):
        self.calls = calls or min(_FIRST, live or _FIRST)
        self.live = live or self.calls
        self._most_calls = calls or min(_MOST, live or _MOST)
        self._most_live = live or (_MOST if calls is None else 1 if calls == 1 else 4 * calls)
        self._start: tuple[float, int, float] | None = None
        self._before: tuple[int, int, float] | None = None
        """While a raise is on trial: the limits before it, and the throughput from which on it is kept."""
        self._rest, self._patience = 0, _REST

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to find."""
        return self.calls == self._most_calls and self.live == self._most_live

    def update(self, now: float, replies: int, call_seconds: float) -> bool:
        """Look at the run so far and, at the end of a window, set the limits.

        Args:
            now: the time in seconds, from any zero.
            replies: how many the model has given.
            call_seconds: the integral of calls in flight over time.

        Returns:
            Whether the limits changed.
        """
        if self._start is None:
            self._start = (now, replies, call_seconds)
        seconds, turns = now - self._start[0], replies - self._start[1]
        if seconds < _WINDOW_SECONDS or turns < _WINDOW_TURNS * self.live:
            return False
        old = self.calls, self.live
        self._decide(turns / seconds, (call_seconds - self._start[2]) / seconds)
        self._start = (now, replies, call_seconds)
        return old != (self.calls, self.live)

    def _decide(self, throughput: float, in_flight: float) -> None:
        if self._before is not None:
            calls, live, least = self._before
            self._before = None
            if throughput < least:
                self.calls, self.live = calls, live
                self._rest, self._patience = self._patience, 2 * self._patience
                return
        if self._rest:
            self._rest -= 1
            return
        calls, live = self._higher(in_flight)
        raised = max(calls / self.calls, live / self.live)
        if raised > 1:
            self._before = (self.calls, self.live, throughput * (1 + _WORTH * (raised - 1)))
            self.calls, self.live = calls, live

    def _higher(self, in_flight: float) -> tuple[int, int]:
        """The next limits to try, when so many calls are in flight on average."""
        if in_flight < _FULL * self.calls:
            wanted = self.live * self.calls / max(in_flight, 1e-9)
            live = math.ceil(min(max(wanted, 1.125 * self.live), 2 * self.live))
            return self.calls, min(live, self._most_live)
        calls = min(math.ceil(1.5 * self.calls), self._most_calls)
        return calls, min(math.ceil(self.live * calls / self.calls), self._most_live)
