"""Scores as tables for a terminal of 80 columns or more."""

import math
from collections.abc import Callable, Iterable, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from envs.errors import FormatError
from evaluation.metrics import Score
from evaluation.statistics import Interval
from rollout.trajectory import Stop

__all__ = ["conduct_table", "interval_text", "methods_text", "percent", "points", "print_parts", "score_parts", "table"]

_NO_NUMBER = "-"


def print_parts(parts: Iterable[RenderableType], console: Console | None = None) -> None:
    """Print the parts one below the other, an empty line between them."""
    console = console or Console(highlight=False)
    for part in parts:
        console.print(Padding(part, (0, 0, 1, 0), expand=False))


def score_parts(score: Score) -> list[RenderableType]:
    """Success overall, by difficulty and by template, then how the episodes went, then what to know beside it."""
    several = [_attempts_table(score)] if len(score.pass_at) > 1 else []
    return [
        _template_table(score),
        conduct_table({"": score}),
        _success_table(score),
        *several,
        "\n".join(_notes(score)),
    ]


def table(*columns: str) -> Table:
    """A table whose first column holds words and whose others hold numbers, aligned to the right."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for position, column in enumerate(columns):
        number = position > 0
        made.add_column(column, justify="right" if number else "left", no_wrap=number)
    return made


def percent(share: float) -> str:
    """A share as `93.0%`."""
    return _NO_NUMBER if math.isnan(share) else f"{100 * share:.1f}%"


def points(change: float) -> str:
    """A change of a share in points, `+12.5`."""
    return _NO_NUMBER if math.isnan(change) else f"{100 * change:+.1f}"


def interval_text(interval: Interval, signed: bool = False) -> str:
    """`86.3 to 96.6`, in percent, or `+1.2 to +8.0`, in points."""
    if math.isnan(interval.low):
        return _NO_NUMBER
    sign = "+" if signed else ""
    return f"{100 * interval.low:{sign}.1f} to {100 * interval.high:{sign}.1f}"


def methods_text(intervals: Iterable[Interval]) -> str:
    """How the intervals of a table were made, in the order in which they stand."""
    return "95% intervals: " + "; ".join(dict.fromkeys(interval.method for interval in intervals)) + "."


def _success_table(score: Score) -> Table:
    made = table("Success", "rate", "95% interval", "episodes")
    for difficulty, rate in score.by_difficulty.items():
        made.add_row(f"difficulty {difficulty}", percent(rate.share), interval_text(rate.interval), str(rate.n))
    made.add_section()
    whole = score.success
    made.add_row("all", percent(whole.share), interval_text(whole.interval), str(whole.n), style="bold")
    return made


def _attempts_table(score: Score) -> Table:
    made = table("Attempts at a task", "one succeeds (pass@k)", "all succeed (pass^k)")
    for k in score.pass_at:
        made.add_row(f"k = {k}", percent(score.pass_at[k]), percent(score.pass_hat[k]))
    return made


def _template_table(score: Score) -> Table:
    made = table("Template, sorted by success", "rate", "episodes")
    one_env = len({name.split(" ")[0] for name in score.by_template}) == 1
    for name, rate in sorted(score.by_template.items(), key=lambda item: (item[1].share, item[0])):
        made.add_row(escape(name.partition(" ")[2] if one_env else name), percent(rate.share), str(rate.n))
    return made


def conduct_table(scores: Mapping[str, Score]) -> Table:
    """Why the episodes ended, what the actions were like and what a success cost; one column a score."""
    made = table("How the episodes went", *scores)

    def add(name: str, value: Callable[[Score], str]) -> None:
        made.add_row(name, *map(value, scores.values()))

    for stop in (s for s in Stop if any(s in score.stops for score in scores.values())):
        add(stop.sentence, lambda score, stop=stop: percent(_ratio(score.stops.get(stop, 0), score.success.n)))
    made.add_section()
    add("Actions that follow the format", lambda score: percent(score.format_validity))
    for kind in sorted({kind for score in scores.values() for kind in score.errors} - {FormatError.kind}):
        add(
            f"Actions that met an error of kind {kind}",
            lambda score, kind=kind: percent(_ratio(score.errors.get(kind, 0), score.actions)),
        )
    made.add_section()
    add("Turns of a success, mean", lambda score: _number(score.turns_of_success))
    if any(score.tokens.completion_tokens for score in scores.values()):
        add("Tokens of a success, read and written, mean", lambda score: _number(score.tokens_of_success))
        add("Tokens of all episodes, for each success", lambda score: _number(score.tokens_per_success))
    return made


def _notes(score: Score) -> list[str]:
    said = [methods_text([*(rate.interval for rate in score.by_difficulty.values()), score.success.interval])]
    if score.invalid:
        count = sum(score.invalid.values())
        kinds = ", ".join(f"{n} {stop}" for stop, n in score.invalid.items())
        said.append(
            f"[bold red]{count} of {score.n} episodes are invalid ({kinds}): not scored, still owed.[/]"
            f" With them as failures: {percent(score.worst_case)}."
        )
    return said


def _number(value: float) -> str:
    if math.isnan(value):
        return _NO_NUMBER
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
