"""A report's content as a page and as Markdown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from envs.errors import UsageError
from evaluation.report.charts import Dot, bars, dots, lines, scatter
from evaluation.tables import world_name

__all__ = ["html_page", "markdown_page"]

Content = Mapping[str, Any]
_STATUSES = (
    "completed",
    "task limit reached",
    "agent context limit",
    "agent validation failed",
    "task error",
    "unknown",
)


def html_page(content: Content) -> str:
    """One file: style, script, charts and trajectories inside, nothing from outside.

    Raises:
        UsageError: jinja2 is not installed.
    """
    folder = files("evaluation.report")
    # A `<` in a text of the data could otherwise end the script element that holds it.
    data = json.dumps(content["trajectories"], ensure_ascii=False).replace("<", "\\u003c")
    parts = {name: (folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")}
    template = _environment().from_string((folder / "page.html").read_text(encoding="utf-8"))
    statuses = [kind for kind in _STATUSES if any(kind in run["statuses"] for run in content["runs"])]
    return template.render(
        content, style=parts["page.css"], script=parts["page.js"], data=data, charts=_charts(content), kinds=statuses
    )


def markdown_page(content: Content) -> str:
    """The numbers alone.

    Raises:
        UsageError: jinja2 is not installed.
    """
    text = (files("evaluation.report") / "page.md").read_text(encoding="utf-8")
    return _environment(escapes=False).from_string(text).render(content)


def _environment(escapes: bool = True) -> Any:
    try:
        from jinja2 import Environment, StrictUndefined
    except ModuleNotFoundError:
        raise UsageError("a page needs jinja2: pip install 'agenttuning[view]'") from None
    made = Environment(autoescape=escapes, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"percent": _percent, "points": _points, "bounds": _bounds, "number": _number, "world": world_name}
    made.filters |= {"cell": lambda text: str(text).replace("|", "\\|").replace("\n", " ")}
    return made


def _charts(content: Content) -> dict[str, str]:
    runs = content["runs"]
    worlds = {world_name(env): [_at(run, "by_world", env) for run in runs] for env in content["worlds"]}
    if len(worlds) > 1:
        worlds["mean of the worlds"] = [_dot(run, run["score"]["macro"]) for run in runs]
    levels = sorted({level for run in runs for level in run["score"]["by_difficulty"]})
    steps = {f"difficulty {level}": [_at(run, "by_difficulty", level) for run in runs] for level in levels}
    charts = {"worlds": dots(worlds, "success by world"), "difficulties": dots(steps, "success by difficulty")}
    ended = {run["name"]: _shares(run["statuses"]) for run in runs}
    charts["statuses"] = bars(ended, _STATUSES, "why the episodes ended")
    if points := list(_costs(runs)):
        charts["cost"] = scatter(points, "tokens read and written in an episode, mean", "cost against success")
    if len(runs) > 2:
        charts["rounds"] = lines([run["name"] for run in runs], worlds, "success run by run")
    return charts


def _costs(runs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[float, Dot, int]]:
    for series, run in enumerate(runs):
        score = run["score"]
        share = score["success"]["share"]
        if share is not None and score["total"]["completion_tokens"]:  # somebody counted
            tokens = score["total"]["prompt_tokens"] + score["total"]["completion_tokens"]
            said = f"{run['name']}: {_percent(share)} for {tokens / score['n']:,.0f} tokens"
            yield tokens / score["n"], Dot(share, about=said), series


def _at(run: Mapping[str, Any], kind: str, key: str) -> Dot | None:
    found = run["score"][kind].get(key)
    return found and _dot(run, found)


def _dot(run: Mapping[str, Any], rate: Mapping[str, Any]) -> Dot | None:
    if rate["share"] is None:
        return None
    return Dot(rate["share"], rate["interval"]["low"], rate["interval"]["high"], run["name"])


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    whole = sum(counts.values())
    return {kind: count / whole for kind, count in counts.items()}


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _points(change: float | None) -> str:
    return "-" if change is None else f"{100 * change:+.1f}"


def _bounds(interval: Mapping[str, Any], signed: bool = False) -> str:
    if interval["low"] is None:
        return "-"
    sign = "+" if signed else ""
    return f"{100 * interval['low']:{sign}.1f} to {100 * interval['high']:{sign}.1f}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"
