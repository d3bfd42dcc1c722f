"""What a collection says at its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rollout.meter import Figures
from rollout.prices import Price, format_dollars
from rollout.progress import Tally
from rollout.spending import Spent
from rollout.trajectory import Stop, Usage

__all__ = ["Summary"]


@dataclass(frozen=True)
class Summary:
    """What a collection did. `owed` episodes of the plan still have no valid row, and `spare` ones need none."""

    run: str
    store: Path
    planned: int
    already: int
    played: Tally
    owed: int
    spare: int
    """Further attempts at tasks that were solved often enough."""
    spent: Spent
    """By all sessions of the run."""
    price: Price | None
    """Of the policy's tokens, where one is known."""
    figures: Figures
    stopped: str
    """What the budget says where one of its bounds ended the run, else empty."""
    leaks: Sequence[str] = ()
    """What is left behind, a sentence each."""

    @property
    def clean(self) -> bool:
        """Whether all that was planned is there, and nothing is left behind."""
        return not self.owed and not self.leaks

    def __str__(self) -> str:
        played, lines = self.played, []
        if played.episodes:
            lines.append(f"{played.episodes} episodes in {played.seconds:.1f} s · {played}")
            lines += [
                f"  {played.stops[stop]:>6} {stop.value:<12} {stop.sentence}" for stop in Stop if played.stops[stop]
            ]
            lines += [f"  invalid, {count} times: {text}" for text, count in played.failures.most_common(3)]
            lines.append(str(self.figures))
        there = self.planned - self.owed - self.spare
        lines.append(f"{there} of {self.planned} planned episodes of run {self.run!r} are in {self.store}.")
        if self.spent.usage != Usage():
            lines.append(f"Spent by all sessions of it: {self._bill()}.")
        if self.spare:
            lines.append(f"{self.spare} are not needed: their tasks were solved often enough.")
        if self.stopped:
            lines.append(self.stopped)
        elif self.owed:
            lines.append(f"{self.owed} are owed: run the same command again.")
        return "\n".join(lines)

    def _bill(self) -> str:
        usage = self.spent.usage
        cost = "" if self.price is None else f", {format_dollars(self.price.of(usage))}"
        hours = timedelta(seconds=round(self.spent.seconds))
        return f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out{cost}, {hours} hours"
