"""Which trajectories become training data: named filters, applied in order, each counted.

    kept, funnel = apply(parse_filters("success,clean,max_turns=8,unique,cap=1"), trajectories)

==============  ===================================================================================================
`valid`         the machine did not fail (every other filter but `success` also lets such episodes pass)
`success`       valid and reward 1
`clean`         every message was a call that could be run (no `format`, `unknown_tool` or `arguments` error), none
                was cut at the token limit, and none repeated a call that had already led to the same state. A tool
                that ran and refused (bad SQL) is allowed: how to recover is worth learning. Repeats are found where
                the world has a `state_key` of its own.
`max_turns=N`   at most N actions
`unique`        the first of those with the same sequence of calls for the same task
`cap=N`         the first N of each task
`balance`       as many of each environment as of the rarest, the first ones
==============  ===================================================================================================

"First" is the order of the trajectories given; the store's depends on no clock.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envs.errors import ArgumentsError, FormatError, UnknownToolError, UsageError, did_you_mean
from envs.types import canonical_json
from rollout.trajectory import Trajectory

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["FILTERS", "Filter", "Funnel", "FunnelRow", "apply", "parse_filters"]

_SLIPS = (FormatError.kind, UnknownToolError.kind, ArgumentsError.kind)


@dataclass(frozen=True)
class Filter:
    """A filter as it was written (`max_turns=8`) and the function that keeps some of a list, in its order."""

    name: str
    keep: Callable[[Sequence[Trajectory]], list[Trajectory]]


@dataclass(frozen=True)
class FunnelRow:
    """One filter's count."""

    name: str
    entered: int
    kept: int

    @property
    def dropped(self) -> int:
        return self.entered - self.kept


@dataclass(frozen=True)
class Funnel:
    """What each filter dropped, in order."""

    rows: list[FunnelRow]

    def table(self) -> "Table":
        """For the terminal."""
        from rich.table import Table

        table = Table("filter", title="Filters, in the order in which they were applied", title_justify="left")
        for heading in ("in", "dropped", "out"):
            table.add_column(heading, justify="right")
        for row in self.rows:
            table.add_row(row.name, *(f"{n:,}" for n in (row.entered, row.dropped, row.kept)))
        return table

    def to_dict(self) -> list[dict[str, Any]]:
        """For a file: one {filter, in, dropped, out} per filter."""
        return [{"filter": r.name, "in": r.entered, "dropped": r.dropped, "out": r.kept} for r in self.rows]


def apply(filters: Sequence[Filter], trajectories: Iterable[Trajectory]) -> tuple[list[Trajectory], Funnel]:
    """Apply the filters one after the other.

    Returns:
        What all of them kept, in the order given, and the count of each.
    """
    kept, rows = list(trajectories), []
    for one in filters:
        entered = len(kept)
        kept = one.keep(kept)
        rows.append(FunnelRow(one.name, entered, len(kept)))
    return kept, Funnel(rows)


def parse_filters(spec: str) -> list[Filter]:
    """Read `"success,clean,max_turns=8,unique,cap=1"`. An empty string is no filter.

    Raises:
        UsageError: an unknown filter, a number that is missing, superfluous or not above 0.
    """
    return [_parse_one(part.strip()) for part in spec.split(",")] if spec.strip() else []


def _parse_one(part: str) -> Filter:
    name, equals, number = part.partition("=")
    if name not in FILTERS:
        known = ", ".join(name + "=N" * (name in _WITH_NUMBER) for name in FILTERS)
        raise UsageError(f"no filter {name!r}.{did_you_mean(name, FILTERS)} Known: {known}")
    if name not in _WITH_NUMBER:
        if equals:
            raise UsageError(f"the filter {name!r} takes no number, but {part!r} was given")
        return Filter(name, FILTERS[name])
    if not number.isdecimal() or int(number) < 1:
        raise UsageError(f"the filter {name!r} needs a whole number above 0, as in {name}=8, not {part!r}")
    return Filter(part, lambda trajectories: FILTERS[name](trajectories, int(number)))


def _valid(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    return [t for t in trajectories if t.valid]


def _success(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    return [t for t in trajectories if t.success]


def _clean(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    return [t for t in trajectories if _is_clean(t)]


def _is_clean(trajectory: Trajectory) -> bool:
    steps = trajectory.steps
    if any(step.error in _SLIPS or step.finish == "length" for step in steps):
        return False
    return len({(canonical_json(step.call), step.state_key) for step in steps}) == len(steps)


def _max_turns(trajectories: Sequence[Trajectory], limit: int) -> list[Trajectory]:
    return [t for t in trajectories if len(t.steps) <= limit]


def _unique(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    return _first_of_each(trajectories, lambda t: (*_task(t), canonical_json([step.call for step in t.steps])), 1)


def _cap(trajectories: Sequence[Trajectory], limit: int) -> list[Trajectory]:
    return _first_of_each(trajectories, _task, limit)


def _balance(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    counts = Counter(t.task.env for t in trajectories)
    return _first_of_each(trajectories, lambda t: t.task.env, min(counts.values(), default=0))


def _task(trajectory: Trajectory) -> tuple[str, str]:
    return trajectory.task.env, trajectory.task.id


def _first_of_each(
    trajectories: Sequence[Trajectory], key: Callable[[Trajectory], Hashable], limit: int
) -> list[Trajectory]:
    seen, kept = Counter(), []
    for trajectory in trajectories:
        group = key(trajectory)
        seen[group] += 1
        if seen[group] <= limit:
            kept.append(trajectory)
    return kept


FILTERS: dict[str, Callable[..., list[Trajectory]]] = {
    "valid": _valid,
    "success": _success,
    "clean": _clean,
    "max_turns": _max_turns,
    "unique": _unique,
    "cap": _cap,
    "balance": _balance,
}
_WITH_NUMBER = ("max_turns", "cap")
