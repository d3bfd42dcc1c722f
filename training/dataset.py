"""From the store to a training file: `python -m training.dataset --runs teacher --out data.jsonl`.

Messages are copied from the store as they were sent; no environment is asked. `training.rows` says what a line holds.
`FILE.meta.json` beside it says how it was made.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError
from rollout.filters import Funnel, FunnelRow, apply, parse_filters
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory
from training.mixture import mix, read_general
from training.model import load_tokenizer
from training.rows import Row, file_hash, formats, prompts, render_row

__all__ = ["dataset", "to_row"]

TRAINABLE = ("train", "explore")
"""Splits that may be learned from; the others are for evaluation."""


def dataset(
    runs: list[str],
    out: Path,
    filters: str = "success,clean,unique",
    general: Path | None = None,
    eta: float = 0.2,
    size: int | None = None,
    token_ids: bool = True,
    tokenizer: str = "smollm2",
    max_tokens: int = 2048,
    seed: int = 0,
    store: Path = DEFAULT_STORE,
) -> None:
    """Filter stored trajectories into a file of training conversations, and say what was dropped and why.

    Invalid episodes are always dropped. A turn in which the model made a mistake (a wrong format, a call that failed)
    is context: it is kept, with weight 0.

    Args:
        runs: names of runs in the store.
        out: the file to write, JSON lines.
        filters: applied in the order given, of valid, success, clean, max_turns=N, unique, cap=N, balance.
        general: JSON lines (.jsonl or .jsonl.gz) of general conversations to mix in.
        eta: share of agent conversations in the mixture.
        size: conversations in the mixture. By default the larger source is used once and the other repeated.
        token_ids: keep the sampled ids. They are of use only to the tokenizer of the policy that sampled them.
        tokenizer: smollm2, a model folder or a hub name; counts the tokens.
        max_tokens: longer conversations are dropped, never shortened.
        seed: of the mixture's draw and order.
        store: the SQLite file that holds the runs.
    """
    steps = parse_filters(filters)
    others = read_general(general) if general else []
    trajectories = _trainable(runs, store)
    kept, funnel = apply([*parse_filters("valid"), *steps], trajectories)
    if not kept:
        raise UsageError(f"the filters {filters!r} leave nothing of {len(trajectories)} trajectories: see {store}")
    counter = _Counter(tokenizer, max_tokens)
    agent, fitted = counter.fit([to_row(t, token_ids) for t in kept])
    funnel = Funnel([*funnel.rows, *fitted])
    console = Console(highlight=False, soft_wrap=True)
    console.print(funnel.table())
    if not agent:
        raise UsageError(f"none of the {len(kept)} trajectories has a trained turn and fits --max-tokens {max_tokens}")
    rows, about = agent, {"runs": runs, "filters": funnel.to_dict()}
    if general:
        others, fitted = counter.fit(others)
        about |= {"general": Funnel(fitted).to_dict(), "eta": eta, "seed": seed}
        console.print(Funnel(fitted).table())
        rows = mix(agent, others, eta, size, seed)
    shares = counter.shares(rows)
    _write(out, rows, about | {"shares": shares})
    console.print(_shares_table(shares))
    console.print(f"{len(rows)} conversations in {out}")


def to_row(trajectory: Trajectory, token_ids: bool = True) -> Row:
    """A trajectory as one line of the file. A turn with a mistake has weight 0, every other one weight 1."""
    turns = iter(trajectory.steps)
    messages: list[dict[str, Any]] = []
    for message in trajectory.messages:
        copy = dict(message)
        if message["role"] == "assistant":
            step = next(turns)
            copy["weight"] = 0 if step.error else 1
            if token_ids and step.token_ids is not None:
                copy["token_ids"] = step.token_ids
            if step.finish == "length":
                copy["cut"] = True
        messages.append(copy)
    task = trajectory.task
    where = {"run": trajectory.run, "env": task.env, "task": task.id, "sample": trajectory.sample}
    about = {"split": task.split, "difficulty": task.difficulty, "template": task.template, "policy": trajectory.policy}
    return {"messages": messages, "source": "agent", "format": trajectory.format, **where, **about}


def _trainable(runs: Sequence[str], store: Path) -> list[Trajectory]:
    """The trajectories of the runs, refused if any of them played a task that is for evaluation."""
    with Store(store) as database:
        trajectories = [trajectory for run in dict.fromkeys(runs) for trajectory in database.select(run)]
    wrong = Counter((t.run, t.task.split) for t in trajectories if t.task.split not in TRAINABLE)
    if wrong:
        found = ", ".join(f"{count} of {split} in run {run!r}" for (run, split), count in wrong.items())
        raise UsageError(f"tasks for evaluation may not be trained on ({found}); use runs of {' or '.join(TRAINABLE)}")
    return trajectories


class _Counter:
    """Counts tokens. Rows are told apart by identity: a repeated row is counted once."""

    def __init__(self, tokenizer: str, max_tokens: int):
        self._tokenizer, self._max_tokens = load_tokenizer(tokenizer), max_tokens
        self._counts: dict[int, tuple[int, int]] = {}

    def fit(self, rows: Sequence[Row]) -> tuple[list[Row], list[FunnelRow]]:
        """Drop what trains nothing and what is too long."""
        trained, short = [], []
        for row in rows:
            sequences = render_row(self._tokenizer, row)
            lengths = [len(sequence.ids) for sequence in sequences]
            weighed = sum(weight != 0 for sequence in sequences for weight in sequence.mask)
            self._counts[id(row)] = sum(lengths), weighed
            if sequences:
                trained.append(row)
                short += [row] * (max(lengths) <= self._max_tokens)
        steps = [("has trained tokens", rows, trained), (f"max_tokens={self._max_tokens}", trained, short)]
        return short, [FunnelRow(name, len(before), len(after)) for name, before, after in steps]

    def shares(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """For each source, and for all: conversations, tokens, and tokens that are trained."""
        counts: dict[str, Counter] = {}
        for row in rows:
            tokens, trained = self._counts[id(row)]
            here = counts.setdefault(row["source"], Counter())
            here.update(conversations=1, tokens=tokens, trained=trained)
        return [{"source": source, **here} for source, here in sorted(counts.items())]


def _shares_table(shares: Sequence[dict[str, Any]]) -> Table:
    table = Table("source", title="What the file holds", title_justify="left")
    units = ("conversations", "tokens", "trained")
    for unit in units:
        table.add_column(unit, justify="right")
    whole = {unit: sum(row[unit] for row in shares) for unit in units}
    for row in shares:
        table.add_row(row["source"], *(f"{row[unit]:,} ({row[unit] / whole[unit]:.1%})" for unit in units))
    return table


def _write(out: Path, rows: Sequence[Row], about: dict[str, Any]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    about = {**about, "formats": formats(rows), "prompts": prompts(rows), "sha256": file_hash(part)}
    part.replace(out)
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    out.with_name(f"{out.name}.meta.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(dataset)
