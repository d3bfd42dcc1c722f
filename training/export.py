"""Write conversations for other tools: `python -m training.export --format sharegpt --data FILE --out FILE`.

`training.forms` says what the forms are, that nothing is lost, and what is refused. `OUT.card.md` describes the data:
who wrote it, under which prompts, what was dropped and why, and under which licences.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from rollout.store import DEFAULT_STORE
from training import forms
from training.card import NOT_STATED, card, licences
from training.dataset import collected, to_row
from training.rows import Row, read_rows, row_name
from training.sources import check_out, write_records

__all__ = ["export"]


def export(
    format: Literal["agentinstruct", "sharegpt", "openai", "alpaca", "chatml"],
    out: Path,
    data: str | None = None,
    runs: tuple[str, ...] = (),
    filters: str = "success,clean,unique",
    strip_shots: bool = False,
    licence: tuple[str, ...] = (),
    contamination: Path | None = None,
    store: Path = DEFAULT_STORE,
) -> None:
    """Write conversations in a form that other tools read, and a data card beside them.

    Args:
        format: agentinstruct or sharegpt (conversations), openai (messages), alpaca, or chatml (text).
        out: the file to write, .jsonl or .jsonl.gz; OUT.card.md is its card.
        data: conversations of any form: a file (that of training.dataset, with its FILE.meta.json), a folder, or a hub
            data set.
        runs: or names of runs in the store; without the sampled token ids.
        filters: for runs, as in training.dataset.
        strip_shots: for runs, as in training.dataset.
        licence: licences for the card, each as ORIGIN=TEXT; an origin is an environment's id or a source. What is not
            given is taken from the environment, or not stated.
        contamination: what evaluation.contamination --out wrote about this data, for the card.
        store: the SQLite file that holds the runs.
    """
    if bool(data) == bool(runs):
        raise UsageError("give either --data FILE or --runs NAME ...")
    check_out(out)
    report = _report(contamination) if contamination else None
    if data:
        rows, about = read_rows(data), _meta(data)
    else:
        played = collected(runs, filters, store)
        rows = [to_row(trajectory, token_ids=False, strip_shots=strip_shots) for trajectory in played.trajectories]
        about = {"runs": played.configs, "filters": played.funnel.to_dict()}
    rights = licences(rows, licence)
    sha256 = write_records(out, _records(rows, format))
    text = card(out.name, format, sha256, rows, about, rights, report)
    out.with_name(f"{out.name}.card.md").write_text(text, encoding="utf-8")
    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print(f"{len(rows)} conversations in {out}, described in {out}.card.md")
    if silent := [name for name, text in rights.items() if text == NOT_STATED]:
        console.print(f"No licence is stated for {', '.join(silent)}: say it with --licence ORIGIN=TEXT.")


def _records(rows: Sequence[Row], form: str) -> list[dict[str, Any]]:
    records = []
    for number, row in enumerate(rows, 1):
        try:
            records.append(forms.write(row, form, number - 1))
        except ValueError as error:
            raise UsageError(f"{row_name(row, number)} cannot be written as {form}: {error}") from None
    return records


def _report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no report of evaluation.contamination: {error}") from None
    if not isinstance(report, dict) or not report.keys() >= {"data", "samples", "contaminated", "bins"}:
        raise UsageError(f"{path} is no report of evaluation.contamination (its --out)")
    return report


def _meta(data: str) -> dict[str, Any]:
    path = Path(f"{data}.meta.json")
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


if __name__ == "__main__":
    main(export)
