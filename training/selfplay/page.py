"""`page.html`: one file with the curves, the verdicts and the settings; it loads nothing from anywhere."""

import json
from collections.abc import Callable, Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from evaluation.report.charts import SERIES, Dot, lines
from evaluation.tables import percent, points
from training.selfplay.config import Config

__all__ = ["change_text", "page"]

_NOTE = """
Bars are 95% intervals. Success is on the same tasks for all checkpoints; what a round explored, the checkpoint in place
before it did. Negative log-likelihood and KL(base || policy) are in nats a token of general replies that are held out.
"""

Row = Mapping[str, Any]


def page(made: Mapping[str, Any], config: Config) -> str:
    """The page of a `summary`."""
    rows, stopped = made["checkpoints"], made["stopped"] or "the loop goes on"
    title = f"Self-play: {', '.join(config.tasks.envs)}, {config.method}"
    parts = [
        f"<p>In place: <b>{escape(made['champion'])}</b>. {escape(stopped.capitalize())}.</p>",
        *(f"<p>{_gain(made['champion'], name, gain)}</p>" for name, gain in made["gains"].items()),
        f'<div class="charts">{"".join(_charts(rows))}</div>',
        "<h2>Verdicts</h2>",
        *(_verdict(name, row["gate"]) for name, row in rows.items() if row["gate"]),
        "<h2>Settings</h2>",
        f"<pre>{escape(json.dumps(config.model_dump(mode='json', exclude_unset=True), indent=2))}</pre>",
        f"<p>{_NOTE}</p>",
    ]
    style = (files("evaluation.report") / "page.css").read_text(encoding="utf-8")
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{style}</style>'
    body = f"<header><h1>{escape(title)}</h1></header><main>{''.join(parts)}</main>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _charts(rows: Mapping[str, Row]) -> list[str]:
    """The charts that there are numbers for."""

    def line(point: Callable[[Row], Dot | None]) -> list[Dot | None]:
        return [point(row) for row in rows.values()]

    def explored(key: str) -> list[Dot | None]:
        return line(lambda row: row["explored"] and Dot(row["explored"][key]))

    def general(key: str) -> list[Dot | None]:
        return line(lambda row: row["general"] and _point(row["general"][key], row["general"][f"{key}_interval"]))

    envs = dict.fromkeys(env for row in rows.values() if row["dev"] for env in row["dev"]["by_world"])
    success = {
        f"{suite} {env}": line(lambda row, suite=suite, env=env: _success(row, suite, env))
        for suite in ("dev", "novel")
        for env in envs
    }
    pass_at = {"pass@1": explored("pass_1"), "pass@k": explored("pass_k")}
    paths = {"unique solution paths": explored("unique_paths"), "tasks": explored("solved_tasks")}
    drawn = (
        ("Success", success, "{:.0%}"),
        ("Exploration: success of one and of k attempts", pass_at, "{:.0%}"),
        ("Exploration: what was solved", paths, "{:,.0f}"),
        ("KL from the base", {"KL": general("kl")}, "{:.3f}"),
        ("Rise of the general negative log-likelihood since the start", {"rise": general("rise")}, "{:+.1%}"),
        ("Tokens read and written in episodes", {"tokens": line(lambda row: Dot(row["tokens"]))}, "{:,.0f}"),
        ("Time, seconds", {"seconds": line(lambda row: Dot(row["seconds"]))}, "{:,.0f}"),
    )
    controls = sum(name.startswith("control") for name in rows)
    charts = []
    for title, series, unit in drawn:
        if known := {name: found for name, found in series.items() if any(found)}:
            charts.append(_figure(title, known, lines(list(rows), known, title, unit, apart=controls)))
    return charts


def _figure(title: str, names: Iterable[str], drawing: str) -> str:
    key = "".join(f'<span class="s{number % SERIES}">{escape(name)}</span>' for number, name in enumerate(names))
    return f'<figure><figcaption>{escape(title)}</figcaption>{drawing}<p class="key">{key}</p></figure>'


def _success(row: Row, suite: str, env: str) -> Dot | None:
    rate = row[suite] and row[suite]["by_world"].get(env)
    return rate and _point(rate["share"], rate["interval"])


def _point(value: float, interval: Mapping[str, Any]) -> Dot:
    return Dot(value, interval["low"], interval["high"])


def _gain(champion: str, before: str, gain: Mapping[str, Any]) -> str:
    words = "; ".join(f"{suite} {change_text(change)}" for suite, change in gain.items())
    return f"<b>{escape(champion)}</b> over <b>{escape(before)}</b>: {escape(words)}."


def change_text(change: Mapping[str, Any]) -> str:
    """A `Difference` in JSON as words: before, after, and the change with its interval."""
    low, high = change["interval"]["low"], change["interval"]["high"]
    interval = "no interval" if low is None else f"{points(low)} to {points(high)}"
    return f"{percent(change['before'])} to {percent(change['after'])}, {points(change['change'])} points ({interval})"


def _verdict(name: str, gate: Mapping[str, Any]) -> str:
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in gate["reasons"])
    outcome = "promoted" if gate["promoted"] else "rolled back"
    return f"<p><b>{escape(name)}</b> was {outcome}, against {escape(gate['against'])}:</p><ul>{reasons}</ul>"
