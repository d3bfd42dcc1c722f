"""What a run may take, over all its sessions: dollars, tokens, hours. A bound ends it cleanly, a higher one goes on.

No episode begins once a bound is reached, or would be by those that are alive when each of them takes what one has
taken on average. Those that are alive are played to their end and kept, so a run goes over a bound by less than what
one batch of them takes.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from envs.errors import UsageError, did_you_mean
from rollout.crew import Job
from rollout.meter import Meter
from rollout.prices import Price, dollars, format_dollars, price_of
from rollout.store import Store
from rollout.trajectory import Trajectory, Usage

__all__ = ["Bounds", "Budget"]


@dataclass(frozen=True)
class Bounds:
    """What all sessions of a run together may take; None for no bound.

    Raises:
        UsageError: a bound that is not above 0.
    """

    max_cost: float | None = None
    """Dollars, by a price table."""
    max_tokens_total: int | None = None
    """Tokens, read and written."""
    max_hours: float | None = None
    """Hours during which episodes are played."""

    def __post_init__(self):
        for name, bound in self.given().items():
            if not bound > 0:
                raise UsageError(f"{_flag(name)} must be above 0, not {bound}")

    def check(self, policy: str, prices: Mapping[str, Price]) -> None:
        """Whether they can be kept for a policy of this name.

        Raises:
            UsageError: dollars are bounded, and the policy has no price.
        """
        if self.max_cost is not None and price_of(policy, prices) is None:
            known = f"the table names {', '.join(prices)}" if prices else "give a table with --prices FILE"
            raise UsageError(f"--max-cost needs the price of {policy!r}: {known}.{did_you_mean(policy, prices)}")

    def given(self) -> dict[str, float]:
        """Those that are set, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


class Budget:
    """Keeps the bill of a run while it is played, and watches its bounds.

    What is paid for stands in the store when it is written: in a row, or beside the rows as long as there is none, be
    it that the episode still runs or that it was dropped. So the bill holds after a kill too.

    Args:
        bounds: of all sessions of the run.
        policy: its name, under which the price of its tokens is found.
        prices: dollars for tokens.
        store: where `run` has begun, and knows what it has spent.
        run: its name.
        meter: counts the tokens of this session.
    """

    def __init__(self, bounds: Bounds, policy: str, prices: Mapping[str, Price], store: Store, run: str, meter: Meter):
        self._bounds, self._policy, self._prices = bounds.given(), policy, prices
        self._store, self._run, self._meter = store, run, meter
        self._before, self._started = store.spent(run), time.monotonic()
        self._ended, self._in_rows, self._charged, self._until = 0, Usage(), Usage(), self._started
        self._uncounted = False
        self.reached: str | None = None
        """The name of the bound at which no further episode was begun."""

    def within(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """The jobs that may begin, each looked at when it is asked for.

        Raises:
            UsageError: nobody counts the policy's tokens, so a bound of tokens or dollars cannot be kept.
        """
        for job in jobs:
            if self._uncounted and (countable := self._bounds.keys() - {"max_hours"}):
                raise UsageError(
                    f"{self._policy!r} does not say how many tokens it takes, so {_flag(min(countable))} cannot be "
                    "kept: bound the run with --max-hours or --n"
                )
            if reached := self._reached():
                self.reached = reached
                return
            yield job

    def add(self, trajectory: Trajectory) -> None:
        """Count an episode that has ended. To be called before the store takes it: one transaction then has both."""
        self._ended += 1
        self._in_rows += trajectory.usage
        cached = trajectory.served.endswith("(cached)")  # from a cache of responses, so it costs nothing
        self._uncounted |= bool(trajectory.steps) and trajectory.usage == Usage() and not cached
        self.charge()

    def charge(self) -> None:
        """Give the store what this session has taken since the last time and no row holds."""
        beside, now = self._meter.tokens - self._in_rows, time.monotonic()
        self._store.charge(self._run, beside - self._charged, now - self._until)
        self._charged, self._until = beside, now

    def report(self, owed: int) -> str:
        """What stopped the run, what is spent and left, and how to play the `owed` episodes."""
        name, bound = self.reached, self._bounds[self.reached]
        spent = self._now()[name]
        missing = spent * owed / max(self._before.episodes + self._ended, 1)
        higher = _round_up(1.1 * max(bound, spent + missing))
        return (
            f"Stopped by {_flag(name)} {_number(name, bound)}: {_amount(name, spent)} spent, "
            f"{_amount(name, max(bound - spent, 0))} left. The {owed} owed need about {_amount(name, missing)}: "
            f"go on with the same command and {_flag(name)} {_number(name, higher)}."
        )

    def _reached(self) -> str | None:
        if not self._bounds:
            return None
        begun, cut = (self._meter.events[kind] for kind in ("episode_started", "episode_cut"))
        grown = 1 + (begun - cut - self._ended) / max(self._before.episodes + self._ended, 1)
        # An episode that began now would end so much later.
        now, ended = self._now(self._meter.episodes.mean), self._amounts(self._before.usage + self._in_rows, 0.0)
        expected = {name: max(now[name], grown * ended[name]) for name in self._bounds}
        return next((name for name, bound in self._bounds.items() if expected[name] >= bound), None)

    def _now(self, later: float = 0.0) -> dict[str, float]:
        seconds = self._before.seconds + time.monotonic() - self._started + later
        return self._amounts(self._before.usage + self._meter.tokens, seconds)

    def _amounts(self, usage: Usage, seconds: float) -> dict[str, float]:
        tokens = usage.prompt_tokens + usage.completion_tokens
        cost = dollars(usage, self._policy, self._prices)
        return {"max_cost": cost, "max_tokens_total": tokens, "max_hours": seconds / 3600}


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _number(name: str, value: float) -> str:
    """As the command line takes it."""
    return f"{value:.0f}" if name == "max_tokens_total" else f"{value:g}"


def _amount(name: str, value: float) -> str:
    """As a person reads it."""
    return {
        "max_cost": format_dollars(value),
        "max_tokens_total": f"{value:,.0f} tokens",
        "max_hours": f"{value:.3g} h",
    }[name]


def _round_up(value: float) -> float:
    """To two digits."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.ceil(value / unit) * unit
