"""Promote or roll back: is the new checkpoint better on dev, and no worse elsewhere?

With a hundred tasks no test is sure of a gain of five points, so a gain may be small; a loss must be improbable.
Pure functions: nothing is read, run or printed here.
"""

from dataclasses import dataclass

from evaluation.comparison import Difference
from evaluation.statistics import Interval
from evaluation.tables import interval_text, percent, points
from training.selfplay.config import Gate

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True)
class Verdict:
    """`reasons` has one sentence for each thing that was looked at; those that failed begin with "no:"."""

    promoted: bool
    reasons: list[str]


def judge(
    gate: Gate, dev: Difference, novel: Difference | None = None, general: tuple[float, Interval] | None = None
) -> Verdict:
    """Judge a checkpoint.

    Args:
        gate: the margins.
        dev, novel: from the policy that holds the place to the new one, on the same tasks.
        general: by what share the negative log-likelihood of general replies has risen since the start, and its
            interval. From the start, and not from the policy before, so that small rises do not add up unseen.
    """
    checks = [_dev(gate, dev)]
    if novel:
        checks.append(_novel(gate, novel))
    if general:
        checks.append(_general(gate, *general))
    reasons = [f"{'yes' if holds else 'no'}: {sentence}" for holds, sentence in checks]
    return Verdict(all(holds for holds, _ in checks), reasons)


def _dev(gate: Gate, change: Difference) -> tuple[bool, str]:
    holds = change.change > 0 and change.interval.low > -gate.dev
    return holds, f"dev {_rates(change)}; wanted a rise, and the interval above {points(-gate.dev)}"


def _novel(gate: Gate, change: Difference) -> tuple[bool, str]:
    holds = not change.interval.high < -gate.novel
    return holds, f"novel {_rates(change)}; wanted the interval not wholly below {points(-gate.novel)}"


def _general(gate: Gate, rise: float, interval: Interval) -> tuple[bool, str]:
    since = f"{rise:+.2%} since the start ({interval.low:+.2%} to {interval.high:+.2%})"
    holds = interval.high < gate.general
    return holds, f"general negative log-likelihood {since}; wanted the interval below {gate.general:+.2%}"


def _rates(change: Difference) -> str:
    interval = interval_text(change.interval, signed=True)
    return f"{percent(change.before)} to {percent(change.after)}, {points(change.change)} points ({interval})"
