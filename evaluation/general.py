"""General ability: `python -m evaluation.general --policy smollm2+runs/student --data DIR --out runs/general/after`.

GSM8K, MMLU and HumanEval through lm-eval-harness (Gao et al.), and probes of following an instruction. What training on
agent data costs elsewhere shows here; in a small model it shows sooner in `evaluation.likelihood`.
"""

import json
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError, did_you_mean
from evaluation.harness import BENCHMARKS, harness_model, harness_task
from evaluation.metrics import to_json
from evaluation.statistics import Interval, mcnemar, wilson

__all__ = ["Benchmark", "general", "read_general_result"]

RESULT = "result.json"


@dataclass(frozen=True)
class Benchmark:
    """A policy's score on one benchmark."""

    name: str
    n: int
    share: float
    """Of the rows that it got right."""
    interval: Interval
    seconds: float
    items: Sequence[float]
    """1 or 0 for each row, in the benchmark's order: what two policies are paired by."""


def general(
    policy: str,
    out: Path,
    benchmarks: str = "gsm8k,mmlu,humaneval,probes",
    n: int = 100,
    data: Path | None = None,
    batch: int = 8,
    against: Path | None = None,
) -> list[Benchmark]:
    """Score a policy on benchmarks of general ability.

    The same command again goes on with an interrupted one: answers are kept under OUT as they come.

    Args:
        policy: smollm2, smollm2+ADAPTER_DIR, local:PATH, or MODEL@URL of a server with /completions.
        out: folder for the answers and, written last, result.json.
        benchmarks: of gsm8k, mmlu, humaneval, probes. HumanEval's programs run in the sandbox of the OS world.
        n: rows of each; MMLU's are spread over its 57 subjects.
        data: folder with gsm8k_test, gsm8k_train, mmlu_test, mmlu_dev and humaneval as .jsonl or .jsonl.gz. Without it
            the rows are fetched from the hub.
        batch: requests that go through the model together.
        against: the OUT of another policy, to be compared with row by row.

    Raises:
        UsageError: no such benchmark, model or file, or OUT holds the result of something else.
    """
    names = _names(benchmarks)
    plan = {"policy": policy, "benchmarks": names, "n": n, "data": data and str(data)}
    tasks = {name: harness_task(name, n, data) for name in names}
    before = {b.name: b for b in read_general_result(against)} if against else {}
    console = Console(highlight=False, soft_wrap=True)
    if _is_done(out, plan):
        console.print(f"{out} holds this result already.")
    else:
        logging.getLogger("lm_eval").setLevel(logging.ERROR)
        model = harness_model(policy, batch)
        found = [_play(model, name, tasks[name], out) for name in names]
        part = out / f"{RESULT}.part"
        text = json.dumps({"plan": plan, "benchmarks": [to_json(b) for b in found]}, indent=2)
        part.write_text(f"{text}\n", encoding="utf-8")
        part.replace(out / RESULT)
    found = read_general_result(out)
    console.print(_table(policy, found, before))
    return found


def read_general_result(out: Path) -> list[Benchmark]:
    """What `general` found before.

    Raises:
        UsageError: there is no finished result.
    """
    try:
        rows = json.loads((out / RESULT).read_text(encoding="utf-8"))["benchmarks"]
    except FileNotFoundError:
        raise UsageError(f"{out} has no {RESULT}: it is no finished result of evaluation.general") from None
    return [Benchmark(**row | {"interval": Interval(**row["interval"])}) for row in rows]


def _names(benchmarks: str) -> list[str]:
    names = [name.strip() for name in benchmarks.split(",")]
    for name in names:
        if name not in BENCHMARKS:
            known = ", ".join(BENCHMARKS)
            raise UsageError(f"no benchmark {name!r}.{did_you_mean(name, BENCHMARKS)} Known: {known}")
    return names


def _is_done(out: Path, plan: dict[str, Any]) -> bool:
    out.mkdir(parents=True, exist_ok=True)
    file = out / "plan.json"
    if file.is_file() and (before := json.loads(file.read_text(encoding="utf-8"))) != plan:
        raise UsageError(f"{out} holds the result of {before}, not of {plan}: choose another --out")
    file.write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
    return (out / RESULT).is_file()


def _play(model: Any, name: str, task: dict[str, Any], out: Path) -> Benchmark:
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    began = time.monotonic()
    found = simple_evaluate(
        model,
        tasks=[task],
        use_cache=str(out / name),
        apply_chat_template=name == "probes",
        bootstrap_iters=0,
        task_manager=TaskManager(include_defaults=False),
    )
    items = [_right(row) for row in _in_order(found["samples"][name])]
    right = round(sum(items))
    seconds = round(time.monotonic() - began, 1)
    return Benchmark(name, len(items), right / len(items), wilson(right, len(items)), seconds, items)


def _in_order(samples: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One sample a row; where there are several filters of an answer, the one that finds it anywhere in the text."""
    kept = [row for row in samples if row["filter"] in ("none", "flexible-extract")]
    return sorted(kept, key=lambda row: row["doc_id"])


def _right(row: dict[str, Any]) -> float:
    return float(row["acc"] if "acc" in row else row["exact_match"])


def _table(policy: str, found: Sequence[Benchmark], before: dict[str, Benchmark]) -> Table:
    table = Table("benchmark", title=f"General ability of {policy}", title_justify="left")
    for heading in ("rows", "right", "95% interval", "seconds", *(["before", "McNemar p"] if before else [])):
        table.add_column(heading, justify="right")
    for b in found:
        bounds = f"{b.interval.low:.1%} to {b.interval.high:.1%}"
        cells = [b.name, str(b.n), f"{b.share:.1%}", bounds, f"{b.seconds:,.0f}"]
        table.add_row(*cells, *(_against(b, before.get(b.name)) if before else []))
    return table


def _against(after: Benchmark, before: Benchmark | None) -> list[str]:
    if before is None or before.n != after.n:
        return ["-", "-"]
    pairs = list(zip(before.items, after.items, strict=True))
    p = mcnemar(pairs.count((0.0, 1.0)), pairs.count((1.0, 0.0)))
    return [f"{before.share:.1%}", "-" if math.isnan(p) else f"{p:.2g}"]


if __name__ == "__main__":
    main(general)
