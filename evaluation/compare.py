"""The verb `python -m evaluation.compare BEFORE AFTER...`: stored runs side by side, paired task by task."""

import math
from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError
from evaluation.comparison import Comparison, Difference, Flip, Noise, compare_runs, noise
from evaluation.metrics import to_json
from evaluation.statistics import holm
from evaluation.tables import (
    conduct_table,
    interval_text,
    methods_text,
    percent,
    points,
    print_parts,
    table,
    world_name,
)
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory

__all__ = ["compare", "comparison_parts", "noise_note", "overview_table"]

_NAMED = 5
"""Tasks or flips that are named in the terminal; the JSON file has all."""


def compare(
    before: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="BEFORE")],
    after: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="AFTER...")],
    repeats: tuple[str, ...] = (),
    json: Path | None = None,
    store: Path = DEFAULT_STORE,
) -> dict[str, Comparison]:
    """Compare runs with a first one on the tasks they share: paired 95% intervals, exact McNemar, what was fixed.

    Args:
        before: name of the first run.
        after: names of one or more runs, each compared with the first.
        repeats: runs that repeat the first one with the same policy, for the noise floor; several --samples do as well.
        json: also write the comparisons to this file, with every flip.
        store: the SQLite file that holds the runs.

    Raises:
        UsageError: no such store or run, a repeat of another policy, or no episode of one run can be paired with one of
            the first.
    """
    if not store.exists():
        raise UsageError(f"no store {str(store)!r}: evaluation.run and rollout.collect make one")
    if not after:
        raise UsageError("name at least two runs to compare")
    with Store(store) as opened:
        episodes = {run: list(opened.select(run=run)) for run in (before, *after, *repeats)}
        configs = {row["name"]: row["config"] for row in opened.runs()}
    floor = noise(_repeated(before, repeats, episodes))
    results = {run: compare_runs(episodes[before], episodes[run]) for run in after}
    parts: list[RenderableType] = [overview_table(before, results)] if len(after) > 1 else []
    for run, result in results.items():
        parts += [*comparison_parts(result, before, run), *_settings_note(configs[before], configs[run])]
    print_parts([*parts, noise_note(floor)])
    if json:
        found = {"before": before, "after": {run: to_json(result) for run, result in results.items()}}
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(dumps(found | {"noise": floor and to_json(floor)}, indent=2) + "\n", encoding="utf-8")
    return results


def overview_table(before: str, results: Mapping[str, Comparison]) -> Table:
    """Several runs against the first one, a row each; Holm's p is adjusted for there being several."""
    made = table(f"Against {before}", "before", "after", "change", "95% interval", "p (Holm)", "pairs")
    adjusted = holm([result.overall.p for result in results.values()])
    for (run, result), p in zip(results.items(), adjusted, strict=True):
        part = result.overall
        made.add_row(escape(run), *_changes(part), _p(p), str(part.n))
    return made


def comparison_parts(result: Comparison, before: str, after: str) -> list[RenderableType]:
    """Success before and after, then how the episodes went, then what to know beside the numbers."""
    heading = f"[bold]before[/] {escape(before)}\n[bold]after[/]  {escape(after)}"
    return [
        heading,
        conduct_table({"before": result.before, "after": result.after}),
        _success_table(result),
        *([_world_table(result)] if len(result.by_world) > 1 else []),
        *([_flip_table(result.flips)] if result.flips else []),
        "\n".join(_notes(result)),
    ]


def noise_note(floor: Noise | None) -> str:
    """What would look like a change between two runs of the first run's own policy."""
    if floor is None:
        return "Noise floor: unknown, since no task has two attempts; --repeats RUN, or --samples of the first run."
    return (
        f"Noise floor: two attempts of the first run's policy disagree on {percent(floor.flips)} of {floor.tasks} "
        f"tasks, so two runs of it, one attempt a task, differ by up to {100 * floor.change:.1f} points in 19 of 20 "
        "cases."
    )


def _repeated(before: str, repeats: Sequence[str], episodes: Mapping[str, Sequence[Trajectory]]) -> list[Trajectory]:
    """The episodes of the first run and of its repeats."""
    policies = {run: {t.policy for t in episodes[run]} for run in (before, *repeats)}
    for run in repeats:
        if policies[run] != policies[before]:
            first, other = (", ".join(sorted(policies[name])) or "nobody" for name in (before, run))
            raise UsageError(f"{run} is no repeat of {before}: it was played by {other}, {before} by {first}")
    return [t for run in dict.fromkeys((before, *repeats)) for t in episodes[run]]


def _success_table(result: Comparison) -> Table:
    made = table("Success", "before", "after", "change", "95% interval", "fixed", "broken", "pairs")
    for difficulty, part in result.by_difficulty.items():
        made.add_row(*_row(f"difficulty {difficulty}", part))
    made.add_section()
    made.add_row(*_row("all", result.overall), style="bold")
    return made


def _world_table(result: Comparison) -> Table:
    made = table("By world", "before", "after", "change", "95% interval", "p (Holm)", "pairs")
    for env, part in result.by_world.items():
        made.add_row(world_name(env), *_changes(part), _p(result.holm[env]), str(part.n))
    made.add_section()
    macro = result.macro
    made.add_row(f"mean of {len(result.by_world)}", *_changes(macro), "", str(macro.n), style="bold")
    return made


def _flip_table(flips: Sequence[Flip]) -> Table:
    made = table("Flips", "world", "trajectory before", "trajectory after")
    for word, wanted in (("fixed", True), ("broken", False)):
        chosen = [flip for flip in flips if flip.fixed is wanted]
        for flip in chosen[:_NAMED]:
            made.add_row(word, world_name(flip.env), flip.before, flip.after)
        if len(chosen) > _NAMED:
            made.add_row(f"{len(chosen) - _NAMED} more {word}", "", "", "")
    return made


def _row(name: str, part: Difference) -> list[str]:
    return [name, *_changes(part), str(part.fixed), str(part.broken), str(part.n)]


def _changes(part: Difference) -> list[str]:
    return [percent(part.before), percent(part.after), points(part.change), interval_text(part.interval, signed=True)]


def _p(p: float) -> str:
    return "-" if math.isnan(p) else f"{p:.2g}"


def _notes(result: Comparison) -> list[str]:
    overall = result.overall
    parts = [*result.by_difficulty.values(), overall, *result.by_world.values(), result.macro]
    said = [methods_text(part.interval for part in parts)]
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


def _named(tasks: Sequence[str]) -> str:
    more = f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else ""
    return escape(", ".join(tasks[:_NAMED])) + more


if __name__ == "__main__":
    main(compare)
