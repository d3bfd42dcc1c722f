"""Counting episodes as they end, and showing the count while they run."""

import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rollout.meter import Meter
from rollout.trajectory import Stop, Trajectory, Usage

__all__ = ["ProgressLine", "Tally"]

_LINE_SECONDS = 5.0


@dataclass
class Tally:
    """Numbers about the episodes that have ended since it was made."""

    episodes: int = 0
    success: int = 0
    stops: Counter[Stop] = field(default_factory=Counter)
    mistakes: Counter[str] = field(default_factory=Counter)
    """The model's mistakes by kind, one per turn."""
    failures: Counter[str] = field(default_factory=Counter)
    """The texts of the machine's failures, one per invalid episode."""
    usage: Usage = field(default_factory=Usage)
    started: float = field(default_factory=time.monotonic)

    def add(self, trajectory: Trajectory) -> None:
        self.episodes += 1
        self.success += trajectory.success
        self.stops[trajectory.stop] += 1
        self.mistakes.update(step.error for step in trajectory.steps if step.error)
        if not trajectory.valid:
            self.failures[f"{trajectory.stop}: {trajectory.error}"[:300]] += 1
        self.usage += trajectory.usage

    @property
    def valid(self) -> int:
        return sum(count for stop, count in self.stops.items() if stop.valid)

    @property
    def invalid(self) -> int:
        return self.episodes - self.valid

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def __str__(self) -> str:
        parts = [f"{self.success / self.valid:.1%} of {self.valid} solved" if self.valid else "none scored yet"]
        if self.invalid:
            broken = Counter({stop.value: count for stop, count in self.stops.items() if not stop.valid})
            parts.append(f"{self.invalid} invalid: {_by_kind(broken)}")
        if self.mistakes:
            parts.append(f"mistakes: {_by_kind(self.mistakes)}")
        if self.usage != Usage():
            speed = self.usage.completion_tokens / max(self.seconds, 1e-9)
            tokens = f"{self.usage.prompt_tokens:,} in, {self.usage.completion_tokens:,} out, {speed:,.0f} out/s"
            parts.append(f"tokens: {tokens}")
        return " · ".join(parts)


class ProgressLine:
    """A live bar on a terminal, a line every few seconds elsewhere. Drawn only when `refresh` is called.

    Args:
        console: where to.
        total: episodes to play.
        quiet: show nothing, only count.
        meter: the run's, for the calls in flight and the episodes alive.
    """

    def __init__(self, console: Console, total: int, quiet: bool = False, meter: Meter | None = None):
        self.tally = Tally()
        self._console, self._total, self._quiet, self._meter = console, total, quiet, meter
        self._printed = time.monotonic()
        self._bar = Progress(
            BarColumn(20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            auto_refresh=False,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.refresh()
        self._bar.stop()

    def add(self, trajectory: Trajectory) -> None:
        """Count an episode."""
        self.tally.add(trajectory)

    def refresh(self) -> None:
        """Show the count as it is now."""
        text = f"{self.tally} · {self._meter}" if self._meter and self._meter.live.value else str(self.tally)
        self._bar.update(self._task, completed=self.tally.episodes, description=text)
        self._bar.refresh()
        if self._quiet or self._console.is_terminal or time.monotonic() - self._printed < _LINE_SECONDS:
            return
        self._printed = time.monotonic()
        done, left = self.tally.episodes, self._total - self.tally.episodes
        eta = f", {self.tally.seconds / done * left:.0f} s left" if done else ""
        self._console.print(f"{done} of {self._total} episodes{eta} · {text}")


def _by_kind(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
