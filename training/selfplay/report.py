"""The table on the terminal, `summary.json` and `page.html`, made anew whenever a checkpoint has been judged."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from evaluation.tables import table
from training.selfplay.experiment import Experiment, write_whole
from training.selfplay.page import change_text, page
from training.selfplay.summary import Results, summary

__all__ = ["report"]


def report(experiment: Experiment, results: Results, champion: str, stopped: str = "") -> None:
    """Write and print what is done so far, if it is news or the end; the arguments are those of `summary`."""
    if not (experiment.news or stopped):
        return
    experiment.news = False
    made = summary(experiment, results, champion, stopped)
    write_whole(experiment.folder / "summary.json", json.dumps(made, indent=2))
    write_whole(experiment.folder / "page.html", page(made, experiment.config))
    experiment.console.rule(f"[bold]Done: {escape(stopped)}" if stopped else "[bold]So far", align="left")
    experiment.console.print(_table(made))
    *_, (name, last) = made["checkpoints"].items()
    for reason in last["gate"]["reasons"] if last["gate"] else ():
        experiment.console.print(f"{name}  {escape(reason)}")
    for name, gain in made["gains"].items():
        experiment.console.print(
            f"{champion} over {name}: {'; '.join(f'{s} {change_text(c)}' for s, c in gain.items())}"
        )
    experiment.console.print(f"in place: --policy {made['policy']} · {experiment.folder / 'page.html'}")


def _table(made: Mapping[str, Any]) -> Table:
    shown = table("Checkpoint", "pass@1", "pass@k", "paths", "kept", "dev", "95%", "novel", "NLL", "KL", "gate")
    for name, row in made["checkpoints"].items():
        shown.add_row(name, *_cells(row), style="bold" if name == made["champion"] else None)
    return shown


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    explored, dev, novel, general, gate = (row[key] for key in ("explored", "dev", "novel", "general", "gate"))
    yield f"{explored['pass_1']:.0%}" if explored else ""
    yield f"{explored['pass_k']:.0%}" if explored else ""
    yield str(explored["unique_paths"]) if explored else ""
    yield str(row["kept"] or "")
    yield f"{dev['success']['share']:.0%}" if dev else ""
    low, high = (dev["success"]["interval"][end] for end in ("low", "high")) if dev else (None, None)
    yield "" if low is None else f"{100 * low:.0f}-{100 * high:.0f}"
    yield f"{novel['success']['share']:.0%}" if novel else ""
    yield f"{general['nll']:.3f}" if general else ""
    yield f"{general['kl']:.3f}" if general else ""
    yield ("yes" if gate["promoted"] else "no") if gate else ""
