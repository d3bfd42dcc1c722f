"""What a run spends its time and its tokens on: counted while it runs, summed up for people, logged for machines.

A log has one JSON object a line: `time` (seconds since 1970), `event`, and what the event says. The engine's events are
`run_started`, `episode_started`, `call`, `limit`, `episode_cut`, `episode_ended` and `run_ended`; policies add theirs.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from envs.types import Task
from rollout.policy import Reply
from rollout.trajectory import Trajectory, Usage

__all__ = ["Distribution", "Figures", "Level", "Meter"]


class Level:
    """A number that changes at moments, its highest value, and its integral over time."""

    def __init__(self, clock: Callable[[], float]):
        self._clock, self._since = clock, clock()
        self._value = self._area = self.peak = 0.0

    @property
    def value(self) -> float:
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        now = self._clock()
        self._area += self._value * (now - self._since)
        self._value, self._since, self.peak = value, now, max(self.peak, value)

    @property
    def area(self) -> float:
        """The integral until now."""
        return self._area + self._value * (self._clock() - self._since)

    def add(self, area: float) -> None:
        """Add an integral that was taken elsewhere."""
        self._area += area


class Distribution:
    """Durations, counted in buckets that each are 5 % wider than the one before: exact enough, in constant memory."""

    _LEAST, _STEP = 1e-6, math.log(1.05)

    def __init__(self):
        self.count, self.total = 0, 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        self.count += 1
        self.total += seconds
        self._buckets[math.ceil(math.log(max(seconds, self._LEAST)) / self._STEP)] += 1

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    def quantile(self, share: float) -> float:
        """The duration, at most 5 % too long, that `share` of all do not exceed; 0 when there are none."""
        left = share * self.count
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                return math.exp(bucket * self._STEP)
        return 0.0


@dataclass(frozen=True)
class Figures:
    """A run in numbers. Shares are from 0 to 1, times in seconds; `str` is what a person reads.

    `tokens` are of every call, those of episodes that were dropped too.
    """

    seconds: float
    calls: int
    model_busy: float
    """Calls in flight, of those allowed, on average over the run."""
    most_calls: int
    most_live: int
    """The highest limit of calls, and the most episodes that were alive."""
    model_share: float
    env_share: float
    wait_share: float
    """Of the episodes' time: with the model, in the environment (its making and our own work too), before a call."""
    wait_mean: float
    wait_p99: float
    episodes: int
    episode_p50: float
    episode_p99: float
    success: int
    tokens: Usage
    events: Counter[str]
    dollars: float | None = None

    @property
    def cache_share(self) -> float:
        """Of the prompt tokens, those that the server found in its prefix cache."""
        return self.tokens.cached_tokens / max(self.tokens.prompt_tokens, 1)

    def __str__(self) -> str:
        lines = [
            f"model busy {self.model_busy:.0%} of up to {self.most_calls} calls at a time, up to {self.most_live} "
            f"episodes alive, which took {self.episode_p50:.3g} s (p50), {self.episode_p99:.3g} s (p99)",
            f"of their time: model {self.model_share:.0%}, environments {self.env_share:.0%}, waiting for a call "
            f"{self.wait_share:.0%} (mean {self.wait_mean:.2g} s, p99 {self.wait_p99:.2g} s)",
        ]
        spent = self.tokens.prompt_tokens + self.tokens.completion_tokens
        if spent:
            parts = [f"{spent:,} tokens"]
            if self.tokens.cached_tokens:
                parts.append(f"{self.cache_share:.0%} of those read came from the prefix cache")
            if self.success:
                parts.append(f"{spent / self.success:,.0f} per success")
            if self.dollars is not None:
                each = f", ${self.dollars / self.success:.4f} per success" if self.success else ""
                parts.append(f"${self.dollars:.2f}{each}")
            lines.append(" · ".join(parts))
        if others := [f"{words}: {self.events[kind]:,}" for kind, words in _SHOWN.items() if self.events[kind]]:
            lines.append(" · ".join(others))
        return "\n".join(lines)


_SHOWN = {
    "retry": "calls tried again",
    "rate_limit": "held back by a rate limit",
    "server_restart": "servers restarted",
    "worker_died": "Ray workers died",
    "episode_cut": "episodes cut or dropped",
}
"""Events in a person's words."""


class Meter:
    """Counts what the engine and the policy tell it. A context manager: leaving closes the log.

    Args:
        log: a file to which a line is added per event; None for no log.
        clock: seconds from any zero, never going back.

    Raises:
        OSError: the log cannot be written.
    """

    def __init__(self, log: Path | None = None, clock: Callable[[], float] = time.monotonic):
        self._clock, self._started = clock, clock()
        self.in_flight, self.calls_limit, self.live = Level(clock), Level(clock), Level(clock)
        self.waits, self.episodes = Distribution(), Distribution()
        self.replies = self.success = 0
        self.tokens = Usage()
        self.events: Counter[str] = Counter()
        self._log = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            self._log = log.open("a", buffering=1, encoding="utf-8")  # a line is written when it is whole

    def __enter__(self) -> Self:
        return self

    def __str__(self) -> str:
        """This moment."""
        return (
            f"{self.in_flight.value:.0f} of {self.calls_limit.value:.0f} calls in flight, {self.live.value:.0f} alive"
        )

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def event(self, kind: str, **fields: Any) -> None:
        """Count an event, and log it with its `fields`, which are JSON values."""
        self.events[kind] += 1
        if self._log is not None:
            line = {"time": round(time.time(), 4), "event": kind, **fields}
            self._log.write(json.dumps(line) + "\n")

    def replied(self, task: str, sample: int, reply: Reply, wait: float, seconds: float) -> None:
        """Count a call: `wait` seconds before it could be made, `seconds` until the reply was there."""
        self.replies += 1
        self.waits.add(wait)
        self.tokens += reply.usage
        if self._log is not None:
            self.event(
                "call",
                task=task,
                sample=sample,
                wait=round(wait, 4),
                seconds=round(seconds, 4),
                prompt_tokens=reply.prompt_tokens,
                completion_tokens=reply.completion_tokens,
                cached_tokens=reply.cached_tokens,
                served=reply.served,
            )

    def rejected(self, usage: Usage) -> None:
        """Count the tokens of an answer that was paid for and could not be taken."""
        self.tokens += usage

    def began(self, task: Task, sample: int) -> None:
        """Count an episode that lives."""
        self.live.value += 1
        self.event("episode_started", env=task.env, task=task.id, sample=sample)

    def ended(self, task: Task, sample: int, trajectory: Trajectory | None) -> None:
        """Count an episode that has ended, or was cut or dropped: then there is no trajectory."""
        self.live.value -= 1
        if trajectory is None:
            self.event("episode_cut", env=task.env, task=task.id, sample=sample)
            return
        self.episodes.add(trajectory.seconds)
        self.success += trajectory.success
        self.event(
            "episode_ended",
            env=task.env,
            task=task.id,
            sample=sample,
            id=trajectory.id,
            stop=trajectory.stop,
            reward=trajectory.reward,
            turns=len(trajectory.steps),
            seconds=round(trajectory.seconds, 4),
            error=trajectory.error,
        )

    def summary(self, dollars: float | None = None) -> Figures:
        """The run so far.

        Args:
            dollars: what its tokens cost, where that is known.
        """
        lived, waited, model = max(self.live.area, 1e-9), self.waits.total, self.in_flight.area
        return Figures(
            seconds=self._clock() - self._started,
            calls=self.replies,
            model_busy=model / max(self.calls_limit.area, 1e-9),
            most_calls=int(self.calls_limit.peak),
            most_live=int(self.live.peak),
            model_share=model / lived,
            env_share=max(lived - model - waited, 0.0) / lived,
            wait_share=waited / lived,
            wait_mean=self.waits.mean,
            wait_p99=self.waits.quantile(0.99),
            episodes=self.episodes.count,
            episode_p50=self.episodes.quantile(0.5),
            episode_p99=self.episodes.quantile(0.99),
            success=self.success,
            tokens=self.tokens,
            events=Counter(self.events),
            dollars=dollars,
        )
