"""`Pace`: how fast one server may be asked, learned from what it answers. Three limits, and a call waits for all three.

- A pause. A refusal (429, or 503 with a `Retry-After`) stops every call, not only the one refused, for as long as the
  server asks, else for 0.5 s, tripled from refusal to refusal until one call gets through, up to a minute: a limit per
  minute is over after five of them.
- A window: calls in flight. None until the first refusal, which leaves half of those in flight; it grows again by one
  each time as many calls as it holds got through (additive increase, multiplicative decrease, as TCP's RFC 5681). The
  refusals of calls that were sent before a pause count as one: they say the same thing.
- Allowances: requests and tokens that are left, from the `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`
  headers, see https://platform.openai.com/docs/guides/rate-limits. They fill evenly until the reset.
"""

import asyncio
import contextlib
import email.utils
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rollout.policy import PolicyError

__all__ = ["PATIENCE_SECONDS", "Pace", "retry_after"]

PATIENCE_SECONDS = 120.0
"""A longer pause is not waited for: the episode is owed again."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Pace:
    """The calls of one policy to one server. Used on one event loop, whose clock it goes by.

    Every `start` is followed by one `end`; between them come `answered` or `refused`, or neither where the call failed.
    """

    def __init__(self):
        self.answers = 0
        """How many calls got through."""
        self.window = math.inf
        """How many calls may be in flight."""
        self._door, self._left = asyncio.Lock(), asyncio.Event()
        self._flying: dict[int, dict[str, int]] = {}  # number of the call -> what it takes of each allowance
        self._number = 0
        self._fence = 0  # calls with a lower number were sent before the last pause
        self._opens, self._pause = -math.inf, _FIRST_PAUSE
        self._newest = -1  # the call whose headers the allowances come from
        self._allowances = {"requests": _Allowance(), "tokens": _Allowance()}

    async def start(self, tokens: int) -> int:
        """Wait, first come first served, until a call that needs `tokens` (prompt and reply) may be sent.

        Returns:
            The number of the call.

        Raises:
            PolicyError: that would take longer than `PATIENCE_SECONDS`.
        """
        needs = {"requests": 1, "tokens": tokens}
        async with self._door:
            while (wait := self._wait(needs)) > 0:
                if PATIENCE_SECONDS < wait < math.inf:
                    raise PolicyError(f"the server's rate limit asks for a pause of {wait:.0f} seconds")
                self._left.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == math.inf else wait):
                        await self._left.wait()
            number, self._number = self._number, self._number + 1
            self._flying[number] = needs
            for kind, need in needs.items():
                self._allowances[kind].take(_now(), need)
            return number

    def answered(self, number: int, headers: Mapping[str, str]) -> None:
        """The server took the call, whatever it said; `headers` are in small letters or know no case."""
        self._learn(number, headers)
        self.answers += 1
        if number >= self._fence:
            self._pause = _FIRST_PAUSE
            self.window += 1 / self.window

    def refused(self, number: int, headers: Mapping[str, str]) -> float:
        """The server has no room for the call. Returns the seconds for which nothing is sent."""
        self._learn(number, headers)
        wait = retry_after(headers)
        if number >= self._fence:
            self.window = max(1.0, len(self._flying) / 2)
            self._fence = self._number
            if wait is None:
                wait, self._pause = self._pause, min(3 * self._pause, _LONGEST_PAUSE)
        now = _now()
        self._opens = max(self._opens, now + (wait or 0.0))
        return max(self._opens - now, 0.0)

    def end(self, number: int) -> None:
        """The call is over, whatever way."""
        del self._flying[number]
        self._left.set()

    def _wait(self, needs: Mapping[str, int]) -> float:
        """Seconds until one more call may start; infinity until another ends."""
        if len(self._flying) + 1 > self.window:
            return math.inf
        now = _now()
        return max(self._opens - now, *(self._allowances[kind].wait(now, need) for kind, need in needs.items()))

    def _learn(self, number: int, headers: Mapping[str, str]) -> None:
        """Believe the headers of the youngest call answered so far, less what was sent after it."""
        for kind, allowance in self._allowances.items():
            left = _whole(headers.get(f"x-ratelimit-remaining-{kind}", ""))
            if left is None or number < self._newest:
                continue
            if (reset := _seconds(headers.get(f"x-ratelimit-reset-{kind}", ""))) is not None:
                limit = _whole(headers.get(f"x-ratelimit-limit-{kind}", ""))
                later = sum(needs[kind] for other, needs in self._flying.items() if other > number)
                allowance.tell(_now(), left, later, limit, reset)
                self._newest = number


@dataclass
class _Allowance:
    """What is left of a limit, in requests or tokens. Until the server has told, there is no end to it."""

    left: float = math.inf
    """At `since`, in the loop's time."""
    limit: float = math.inf
    rate: float = 0.0
    """What comes back per second; 0 where the server does not tell its limit: then nothing does before `whole`."""
    since: float = 0.0
    whole: float = 0.0

    def tell(self, now: float, left: int, later: int, limit: int | None, reset: float) -> None:
        """The server says: `left` of `limit`, all of it in `reset` seconds. It does not know of `later` yet."""
        self.left, self.since, self.whole = left - later, now, now + reset
        self.limit = math.inf if limit is None else limit
        self.rate = max(limit - left, 0) / reset if limit is not None and reset > 0 else 0.0

    def wait(self, now: float, need: float) -> float:
        """Seconds until `need` of it is there, not above 0 when it is. No call may need more than the limit."""
        if self.rate > 0:
            return (min(need, self.limit) - self.left) / self.rate - (now - self.since)
        return self.whole - now if need > self.left else 0.0

    def take(self, now: float, need: float) -> None:
        """A call that needs this much was sent."""
        self.left = min(self.left + self.rate * (now - self.since), self.limit) - need
        self.since = now


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `retry-after-ms` or `Retry-After` (seconds or a date, RFC 9110) asks for; None for none."""
    seconds = 0.0
    for name, unit in (("retry-after", 1.0), ("retry-after-ms", 0.001)):
        with contextlib.suppress(KeyError, ValueError):
            seconds = float(headers[name]) * unit
    with contextlib.suppress(KeyError, ValueError):
        seconds = seconds or email.utils.parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time()
    return seconds if 0 < seconds < math.inf else None


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def _seconds(duration: str) -> float | None:
    """`6m0s`, `20ms` or plain seconds as a number; None for anything else."""
    parts = _DURATION.findall(duration)
    if parts and "".join(number + unit for number, unit in parts) == duration:
        return sum(float(number) * _UNITS[unit] for number, unit in parts)
    return float(duration) if re.fullmatch(r"\d+(\.\d+)?", duration) else None


def _now() -> float:
    return asyncio.get_running_loop().time()
