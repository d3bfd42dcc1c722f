"""How fast `training.sft` learns, beside TRL's stock SFTTrainer: `python benchmarks/train.py --data PATH`.

PATH holds AgentInstruct's dialogues (a folder of `.jsonl.gz`). 300 of them that fit the context are drawn; every reply
bears a loss, as TRL knows no weights of turns. Both sides train an adapter of the embedded student on the same batches
in the same order, each in a process of its own, in turns:

    ours      `python -m training.sft`
    trl       SFTTrainer with `assistant_only_loss` and its defaults (benchmarks/train_trl.py)

What counts is trained tokens, those that bear a loss, per second of optimiser steps, the first step of every process
left out. Memory is the highest of a process, on a GPU that of its tensors. Prints a table and one line of JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError
from rollout.student import student_path
from training.model import load_tokenizer
from training.rows import Row, read_rows, render_row

RANK = 16
FLOPS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12}
"""Dense bfloat16 operations a second, by NVIDIA's data sheets, for the share of them that is used (MFU)."""


def chosen(data: Path, count: int, max_tokens: int) -> list[Row]:
    """`count` dialogues in a random order, all of whose replies are trained."""
    tokenizer = load_tokenizer("smollm2")
    rows = read_rows(data)
    Random(0).shuffle(rows)

    def plain(row: Row) -> Row:
        return {"messages": [{"role": m["role"], "content": m["content"]} for m in row["messages"]]}

    fitting = (row for row in map(plain, rows) if len(render_row(tokenizer, row)[-1].ids) <= max_tokens)
    found = list(islice(fitting, count))
    if len(found) < count:
        raise UsageError(f"{data} has {len(found)} dialogues of at most {max_tokens} tokens, not {count}")
    return found


def run(way: str, rows: list[Row], batch: int, max_tokens: int) -> dict[str, Any]:
    """Train once on some dialogues, in their order, and measure all steps but the first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, out = folder / "data.jsonl", folder / "out"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        (folder / "data.jsonl.meta.json").write_text('{"order": "curriculum"}', encoding="utf-8")
        flags = ["--data", data, "--batch", batch, "--rank", RANK, "--max-tokens", max_tokens]
        if way == "ours":
            command, log = ["-m", "training.sft", *flags, "--out", out, "--epochs", 1], out / "log.jsonl"
        else:
            trl = Path(__file__).with_name("train_trl.py")
            command, log = [trl, *flags, "--out", out, "--model", student_path()], out
        with (folder / "said").open("w+") as said:
            process = subprocess.Popen([sys.executable, *map(str, command)], stdout=said, stderr=said)
            _, status, used = os.wait4(process.pid, 0)
            if status != 0:
                said.seek(0)
                raise RuntimeError(f"{way} failed:\n{said.read()}")
        steps = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    measured = steps[1:]
    sums = {what: sum(step[what] for step in measured) for what in ("tokens", "trained", "seconds")}
    return sums | {"gib": steps[-1].get("gpu_gib", used.ru_maxrss / 2**20)}


def together(rounds: list[dict[str, Any]], peak: float | None) -> dict[str, float]:
    """The figures of one side, over all rounds; in the order of the table's columns."""
    tokens, trained, seconds = (sum(one[what] for one in rounds) for what in ("tokens", "trained", "seconds"))
    figures = {
        "seconds": round(seconds, 1),
        "trained_tokens": trained,
        "tokens_per_second": round(tokens / seconds, 1),
        "trained_per_second": round(trained / seconds, 2),
        "peak_gib": round(max(one["gib"] for one in rounds), 2),
    }
    # Forward and backward through 134.5 million frozen weights: 4 operations for each and token.
    return figures | ({"mfu": round(4 * 134.5e6 * tokens / seconds / peak, 4)} if peak else {})


def train(
    data: Path, dialogues: int = 300, batch: int = 8, steps: int = 3, rounds: int = 2, max_tokens: int = 2048
) -> None:
    """Compare the training of `training.sft` with that of TRL's stock SFTTrainer.

    Args:
        data: AgentInstruct's dialogues, a folder or a file.
        dialogues: drawn from them.
        batch: dialogues in one optimiser step; 8 is TRL's default.
        steps: of each process, of which the first is not measured. 2 rounds of 19 steps go once through 300 dialogues.
        rounds: processes of each side; each round trains on dialogues of its own.
        max_tokens: of the longest dialogue, so that none is cut.
    """
    import torch

    if not data.exists():
        raise UsageError(
            f"no file or folder {str(data)!r}: --data wants AgentInstruct's dialogues (zai-org/AgentInstruct)"
        )
    console = Console()
    rows = chosen(data, dialogues, max_tokens)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    peak = next((flops for name, flops in FLOPS.items() if name in device), None)
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "trl": []}
    for n in range(rounds):
        part = rows[n * steps * batch : (n + 1) * steps * batch]
        for way, runs in found.items():
            runs.append(run(way, part, batch, max_tokens))
            console.print(f"round {n + 1}, {way}: {runs[-1]['trained'] / runs[-1]['seconds']:.1f} trained tokens/s")
    result = {way: together(runs, peak) for way, runs in found.items()}
    ratio = result["ours"]["trained_per_second"] / result["trl"]["trained_per_second"]
    about = f"{rounds} rounds x {steps - 1} measured steps of {batch} of {dialogues} dialogues, {device}"
    table = Table("side", *(name.replace("_", " ") for name in result["ours"]), title=about)
    for way, figures in result.items():
        table.add_row(way, *map(str, figures.values()))
    console.print(table)
    console.print(f"ours trains {ratio:.2f} times as many tokens a second")
    versions = {name: version(name) for name in ("torch", "transformers", "trl", "peft")}
    shape = {"dialogues": dialogues, "batch": batch, "steps": steps, "rounds": rounds, "max_tokens": max_tokens}
    machine = {"device": device, "threads": torch.get_num_threads(), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps({**machine, **shape, "versions": versions, **result, "ratio": round(ratio, 2)}))


if __name__ == "__main__":
    main(train)
