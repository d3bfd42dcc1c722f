"""The verb `python -m evaluation.compare BEFORE AFTER`: two stored runs side by side, paired task by task."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError
from evaluation.comparison import Comparison, Difference, compare_runs
from evaluation.tables import conduct_table, interval_text, methods_text, percent, points, print_parts, table
from rollout.store import DEFAULT_STORE, Store

__all__ = ["compare", "comparison_parts"]


def compare(
    before: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="BEFORE")],
    after: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="AFTER")],
    store: Path = DEFAULT_STORE,
) -> Comparison:
    """Compare two runs on the tasks they share: difference with a paired 95% interval, exact McNemar, what was fixed.

    Args:
        before: name of the first run.
        after: name of the second run.
        store: the SQLite file that holds both.

    Raises:
        UsageError: no such store or run, or no episode of one run can be paired with one of the other.
    """
    if not store.exists():
        raise UsageError(f"no store {str(store)!r}: evaluation.run and rollout.collect make one")
    with Store(store) as opened:
        result = compare_runs(opened.select(run=before), opened.select(run=after))
        configs = {row["name"]: row["config"] for row in opened.runs()}
    print_parts([*comparison_parts(result, before, after), *_settings_note(configs[before], configs[after])])
    return result


def comparison_parts(result: Comparison, before: str, after: str) -> list[RenderableType]:
    """Success before and after, then how the episodes went, then what to know beside the numbers."""
    heading = f"[bold]before[/] {escape(before)}\n[bold]after[/]  {escape(after)}"
    return [
        heading,
        conduct_table({"before": result.before, "after": result.after}),
        _success_table(result),
        "\n".join(_notes(result)),
    ]


def _success_table(result: Comparison) -> Table:
    made = table("Success", "before", "after", "change", "95% interval", "fixed", "broken", "pairs")
    for difficulty, part in result.by_difficulty.items():
        made.add_row(*_row(f"difficulty {difficulty}", part))
    made.add_section()
    made.add_row(*_row("all", result.overall), style="bold")
    return made


def _row(name: str, part: Difference) -> list[str]:
    rates = [percent(part.before), percent(part.after), points(part.change), interval_text(part.interval, signed=True)]
    return [name, *rates, str(part.fixed), str(part.broken), str(part.n)]


def _notes(result: Comparison) -> list[str]:
    overall = result.overall
    said = [methods_text([*(part.interval for part in result.by_difficulty.values()), overall.interval])]
    if math.isnan(overall.p):
        said.append("McNemar's test needs one attempt a task; here tasks have several, so the interval decides.")
    else:
        said.append(f"Exact McNemar of {overall.fixed} fixed against {overall.broken} broken: p = {overall.p:.2g}.")
    for tasks, has, lacks in ((result.only_before, "before", "after"), (result.only_after, "after", "before")):
        if tasks:
            said.append(
                f"[bold red]Attempts at {len(tasks)} tasks are in {has} and not in {lacks}:[/] {_named(tasks)}."
            )
    if broken := [f"{n} {run}" for n, run in ((result.invalid_before, "before"), (result.invalid_after, "after")) if n]:
        said.append(f"[bold red]Left out, since the episode is invalid:[/] {', '.join(broken)}.")
    return said


def _settings_note(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    before, after = _flat(before), _flat(after)
    differing = [
        f"{key} ({before.get(key)!r} before, {after.get(key)!r} after)"
        for key in sorted((before.keys() | after.keys()) - {"policy"})
        if before.get(key) != after.get(key)
    ]
    return (
        [f"[bold red]The runs differ in more than the policy:[/] {escape(', '.join(differing))}."] if differing else []
    )


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _named(tasks: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(tasks) - shown} more" if len(tasks) > shown else ""
    return ", ".join(tasks[:shown]) + more


if __name__ == "__main__":
    main(compare)
