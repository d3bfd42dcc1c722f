"""What a whole collection will take, from a few of its episodes, with a range.

The tasks are drawn one from each of as many equal stretches of the plan, so that they stand for all of it, whatever
pattern its order has. The range is a 95% prediction interval of what is not played yet: the sum of m further episodes
after n with mean x and deviation s is m x, give or take t s sqrt(m^2/n + m), where t is of n - 1 degrees of freedom.
Episodes so rare that none was drawn are not in it.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from envs.errors import UsageError
from envs.types import Task
from rollout.prices import Price, format_dollars
from rollout.spending import Spent
from rollout.trajectory import Trajectory

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Estimate", "Projection", "project", "spread"]

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Projection:
    """One quantity over a whole run: what it has taken, and what it will have taken at its end."""

    name: str
    spent: float
    total: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """From `episodes`, for `owed` further ones: tokens in and out, dollars where there is a price, and seconds when
    `live` episodes are played at a time."""

    episodes: int
    owed: int
    live: int
    projections: list[Projection]

    def table(self) -> "Table":
        """For the terminal."""
        from rich.table import Table

        title = f"Estimate from {self.episodes} episodes for the {self.owed} still to play"
        title += f", {self.live} at a time" if self.live else ""
        table = Table("", title=title, title_justify="left")
        for heading in ("so far", "in all", "95% range"):
            table.add_column(heading, justify="right")
        for row in self.projections:
            spent, total, low, high = (_written(row.name, value) for value in (row.spent, row.total, row.low, row.high))
            table.add_row(row.name, spent, total, f"{low} to {high}")
        return table


def spread(tasks: Sequence[Task], n: int, seed: int = 0) -> list[Task]:
    """`n` of the tasks, in their order, one from each of `n` equal stretches.

    Raises:
        UsageError: `n` is below 2, which gives no range.
    """
    if n < 2:
        raise UsageError(f"an estimate needs at least 2 tasks, not {n}")
    n, draw = min(n, len(tasks)), random.Random(seed)
    edges = [index * len(tasks) // n for index in range(n + 1)]
    return [tasks[draw.randrange(low, high)] for low, high in pairwise(edges)]


def project(
    sample: Sequence[Trajectory], spent: Spent, owed: int, live: int = 0, price: Price | None = None
) -> Estimate:
    """What a run will have taken when `owed` more episodes have been played.

    Args:
        sample: valid episodes that stand for those, at least 2.
        spent: what the run has taken so far.
        owed: episodes without a valid row.
        live: how many are played at a time; 0 when nobody knows, which leaves the time out.
        price: of the tokens; None leaves the dollars out.
    """
    usages, used = [episode.usage for episode in sample], spent.usage
    rows = [
        _projection("tokens in", used.prompt_tokens, [usage.prompt_tokens for usage in usages], owed),
        _projection("tokens out", used.completion_tokens, [usage.completion_tokens for usage in usages], owed),
    ]
    if price is not None:
        rows.append(_projection("dollars", price.of(used), [price.of(usage) for usage in usages], owed))
    if live:
        rows.append(_projection("time", spent.seconds, [episode.seconds / live for episode in sample], owed))
    return Estimate(len(sample), owed, live, rows)


def _projection(name: str, spent: float, each: Sequence[float], owed: int) -> Projection:
    from scipy.stats import t

    n, more = len(each), owed * fmean(each)
    wide = t.ppf((1 + _CONFIDENCE) / 2, n - 1) * stdev(each) * math.sqrt(owed**2 / n + owed)
    return Projection(name, spent, spent + more, spent + max(more - wide, 0.0), spent + more + wide)


def _written(name: str, value: float) -> str:
    if name == "time":
        return f"{value:.1f} s" if value < 60 else str(timedelta(seconds=round(value)))
    return format_dollars(value) if name == "dollars" else f"{value:,.0f}"
