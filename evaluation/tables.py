"""Scores as tables for a terminal of 80 columns or more."""

import math
from collections.abc import Callable, Iterable, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from envs.errors import FormatError
from evaluation.metrics import COMPLETE, Rate, Score
from evaluation.statistics import Interval
from rollout.trajectory import Stop

__all__ = ["conduct_table", "interval_text", "methods_text", "percent", "points", "print_parts", "score_parts", "table"]
__all__ += ["world_name"]

_NO_NUMBER = "-"


def print_parts(parts: Iterable[RenderableType], console: Console | None = None) -> None:
    """Print the parts one below the other, an empty line between them."""
    console = console or Console(highlight=False)
    for part in parts:
        console.print(Padding(part, (0, 0, 1, 0), expand=False))


def score_parts(score: Score) -> list[RenderableType]:
    """How the episodes went, success by what may matter, and what to know beside it."""
    several_worlds = len(score.by_world) > 1
    return [
        *([] if several_worlds else [_template_table(score)]),
        conduct_table({"": score}),
        _by_table("Success by turns", score.by_turns),
        _success_table(score),
        *([_world_table(score)] if several_worlds else []),
        *([_attempts_table(score)] if len(score.pass_at) > 1 else []),
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


def world_name(env: str) -> str:
    """`Db` of `AgentTuning/Db-v0`, where the whole id is too wide."""
    return env.rpartition("/")[2].rpartition("-v")[0] or env


def methods_text(intervals: Iterable[Interval]) -> str:
    """How the intervals of a table were made, in the order in which they stand."""
    return "95% intervals: " + "; ".join(dict.fromkeys(interval.method for interval in intervals)) + "."


def _success_table(score: Score) -> Table:
    made = _by_table("Success", {f"difficulty {level}": rate for level, rate in score.by_difficulty.items()})
    made.add_section()
    made.add_row(*_rate_row("all tasks", score.success), style="bold")
    return made


def _world_table(score: Score) -> Table:
    made = _by_table("Success by world", score.by_world)
    made.add_section()
    made.add_row(*_rate_row(f"mean of {len(score.by_world)} worlds", score.macro), style="bold")
    return made


def _by_table(title: str, rates: Mapping[str, Rate]) -> Table:
    made = table(title, "rate", "95% interval", "episodes")
    for name, rate in rates.items():
        made.add_row(*_rate_row(name, rate))
    return made


def _rate_row(name: str, rate: Rate) -> list[str]:
    return [escape(name), percent(rate.share), interval_text(rate.interval), str(rate.n)]


def _attempts_table(score: Score) -> Table:
    made = table("Attempts at a task", "one succeeds (pass@k)", "all succeed (pass^k)")
    for k in score.pass_at:
        made.add_row(f"k = {k}", percent(score.pass_at[k]), percent(score.pass_hat[k]))
    return made


def _template_table(score: Score) -> Table:
    made = table("Template, sorted by success", "rate", "episodes")
    for name, rate in sorted(score.by_template.items(), key=lambda item: (item[1].share, item[0])):
        made.add_row(escape(name.partition(" ")[2]), percent(rate.share), str(rate.n))
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
    add("Turns of a success, mean", lambda score: _number(score.of_success.turns))
    add("Seconds of a success, mean", lambda score: _number(score.of_success.seconds))
    if any(score.total.completion_tokens > 0 for score in scores.values()):
        add("Tokens of a success, read and written, mean", lambda score: _number(score.of_success.tokens))
        add("Tokens of all episodes, for each success", lambda score: _number(score.per_success.tokens))
    if any(score.total.dollars >= 0 for score in scores.values()):
        add("Dollars of all episodes, for each success", lambda score: _dollars(score.per_success.dollars))
    return made


def _notes(score: Score) -> list[str]:
    rates = [*score.by_turns.values(), *score.by_difficulty.values(), score.success, *score.by_world.values()]
    said = [methods_text(rate.interval for rate in [*rates, score.macro])]
    if score.invalid:
        count = sum(score.invalid.values())
        kinds = ", ".join(f"{n} {stop}" for stop, n in score.invalid.items())
        said.append(
            f"[bold red]{count} of {score.n} episodes are invalid ({kinds}): not scored, still owed.[/]"
            f" With them as failures: {percent(score.attempted.share)}."
        )
    if not score.complete:
        said.append(
            f"[bold red]INCOMPLETE: {score.success.n} of {score.planned} planned episodes are valid, and a score needs "
            f"{COMPLETE:.0%}. What is missing may be the hard part: run the same command again.[/]"
        )
    return said


def _dollars(value: float) -> str:
    return _NO_NUMBER if math.isnan(value) else f"{value:.2g}" if value < 1 else f"{value:,.2f}"


def _number(value: float) -> str:
    if math.isnan(value):
        return _NO_NUMBER
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
