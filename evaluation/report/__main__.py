"""`python -m evaluation.report before after --html report.html`: what the runs scored, where they differ, and why.

The page opens from disk, loads nothing from anywhere, and holds the trajectories that one wants to read.
"""

from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from evaluation.general import read_general_result
from evaluation.report.content import make_content
from evaluation.report.page import html_page, markdown_page
from rollout.prices import read_prices
from rollout.store import DEFAULT_STORE, Store

__all__ = ["report"]


def report(
    runs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN...")],
    html: Path | None = None,
    markdown: Path | None = None,
    json: Path | None = None,
    title: str = "Evaluation",
    trajectories: int = 200,
    general: tuple[Path, ...] = (),
    prices: Path | None = None,
    store: Path = DEFAULT_STORE,
) -> None:
    """Write a report of one or more runs. The first one is what the others are compared with.

    Args:
        runs: names of runs in the store, in the order in which they are to stand; with three or more it is taken for
            the order of rounds.
        html: the page.
        markdown: the numbers as Markdown.
        json: the numbers, and nothing of the trajectories, as JSON.
        title: of the page.
        trajectories: how many of them the page holds; attempts that flipped first, then failed ones.
        general: results of evaluation.general (their --out folders), in the order of the runs.
        prices: price table (rollout.prices), for the dollars of a success.
        store: the SQLite file that holds the runs.

    Raises:
        UsageError: nothing to write, no such store or run, or more results of general ability than runs.
    """
    files = {"html": html, "markdown": markdown, "json": json}
    if not any(files.values()):
        raise UsageError("nothing to write: give --html FILE, --markdown FILE or --json FILE")
    if not runs or len(set(runs)) < len(runs):
        raise UsageError(f"give the names of one or more runs, each once, not {', '.join(runs) or 'none'}")
    if len(general) > len(runs):
        raise UsageError(f"{len(general)} results of general ability for {len(runs)} runs")
    if not store.exists():
        raise UsageError(f"no store {str(store)!r}: evaluation.run and rollout.collect make one")
    benchmarks = [read_general_result(folder) for folder in general]
    with Store(store) as opened:
        episodes = {run: list(opened.select(run=run)) for run in runs}
        configs = {row["name"]: row["config"] for row in opened.runs()}
    if empty := [run for run, found in episodes.items() if not found]:
        raise UsageError(f"run {empty[0]!r} has no episode yet")
    table = read_prices(prices) if prices else {}
    content = make_content(title, episodes, configs, benchmarks, table, trajectories)
    numbers = {key: value for key, value in content.items() if key != "trajectories"}
    _write(html, html_page(content) if html else "")
    _write(markdown, markdown_page(content) if markdown else "")
    _write(json, dumps(numbers, indent=2, ensure_ascii=False) + "\n")
    _say([path for path in files.values() if path])


def _write(path: Path | None, text: str) -> None:
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _say(paths: Sequence[Path]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for path in paths:
        console.print(f"{path}, {path.stat().st_size / 1024:,.0f} KiB")


if __name__ == "__main__":
    main(report)
