"""From the store to a training file: `python -m training.dataset --runs teacher --out data.jsonl`.

Messages are copied from the store as they were sent; no environment is asked. Conversations from elsewhere are mixed in
at an exact ratio, AgentTuning's recipe with 1 to 4 inside the general part being

    python -m training.dataset --agent agentinstruct/ --general gpt4.jsonl=1 gpt35.jsonl=4 --eta 0.2 --out data.jsonl

`training.rows` says what a line holds. `FILE.meta.json` beside it says how it was made; its `order` is `curriculum`
where the order of the lines is meant and a trainer may not shuffle them, else `any`.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError
from evaluation.guard import guard
from evaluation.instances import initial_state
from rollout.filters import Funnel, FunnelRow, apply, parse_filters
from rollout.reviews import reviewed, written
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory
from training.mixture import UNITS, Size, Source, Unit, arrange, mix, shares
from training.model import load_tokenizer
from training.rows import Row, formats, prompts, read_rows, render_row
from training.sources import check_out, source_name, write_records

__all__ = ["Collected", "collected", "dataset", "to_row", "trainable"]

TRAINABLE = ("train", "explore")
"""Splits that may be learned from; the others are for evaluation."""


def dataset(
    runs: tuple[str, ...] = (),
    out: Path = Path("runs/data.jsonl"),
    filters: str = "success,clean,unique",
    agent: tuple[str, ...] = (),
    general: tuple[str, ...] = (),
    eta: float = 0.2,
    unit: Unit = "conversation",
    size: int | None = None,
    curriculum: bool = False,
    strip_shots: bool = False,
    token_ids: bool = True,
    tokenizer: str = "smollm2",
    max_tokens: int = 2048,
    seed: int = 0,
    store: Path = DEFAULT_STORE,
) -> None:
    """Filter stored trajectories into a file of training conversations, and say what was dropped and why.

    What reviewers rejected is dropped and what they corrected is corrected; invalid episodes are always dropped. A turn
    in which the model made a mistake (a wrong format, a call that failed), and a demonstration, is context: it is kept,
    with weight 0.

    Args:
        runs: names of runs in the store.
        out: the file to write, JSON lines (.jsonl or .jsonl.gz).
        filters: applied in the order given, of valid, success, clean, max_turns=N, unique, cap=N, balance.
        agent: further conversations of agents: files, folders or hub data sets, of any form that training.forms knows.
        general: general conversations to mix in, likewise; each as SOURCE, or SOURCE=WEIGHT for its part of them. By
            default each has a part as large as itself.
        eta: share of agent conversations in the mixture.
        unit: what the shares and the size are counted in: conversation, token, or loss_token (trained ones).
        size: of the mixture, in the unit. By default the source with most to give is used once, the others repeated.
        curriculum: order the conversations of the runs by the difficulty of their tasks, from easy to hard, instead of
            shuffling them. General ones are spread evenly among them.
        strip_shots: leave demonstrations before the task out, so that what was done with them is learned without.
        token_ids: keep the sampled ids. They are of use only to the tokenizer of the policy that sampled them.
        tokenizer: smollm2, a model folder or a hub name; counts the tokens.
        max_tokens: longer conversations are dropped, never shortened.
        seed: of the mixture's draw and order.
        store: the SQLite file that holds the runs.
    """
    if not runs and not agent:
        raise UsageError("nothing to train on: give --runs NAME ... or --agent FILE ...")
    check_out(out)
    specs = _weighted(general)
    if specs and not 0 < eta < 1:
        raise UsageError(f"eta must be between 0 and 1 (leave --general out for agent data alone), not {eta}")
    others = [(source, read_rows(source)) for source in (*agent, *(source for source, _ in specs))]
    played = collected(runs, filters, store) if runs else None
    console = Console(highlight=False, soft_wrap=True)
    ruler = _Ruler(tokenizer, max_tokens, console)
    parts = [ruler.fit(source_name(source), rows) for source, rows in others]
    files = [{"source": source, "filters": p.funnel.to_dict()} for (source, _), p in zip(others, parts, strict=True)]
    about: dict[str, Any] = {"files": files}
    if played:
        rows = [to_row(trajectory, token_ids, strip_shots) for trajectory in played.trajectories]
        parts.insert(0, ruler.fit("agent", rows, played.funnel))
        about |= {"runs": played.configs, "filters": parts[0].funnel.to_dict()}
        console.print(parts[0].funnel.table())
    if others:
        console.print(_files_table(parts[-len(others) :]))
    cut = len(parts) - len(specs)
    draws = mix(_sources(parts[:cut], parts[cut:], [weight for _, weight in specs], unit, eta), unit, size, seed)
    rows = arrange(draws, seed, curriculum)
    about |= {"eta": eta if specs else None, "unit": unit, "seed": seed, "order": "curriculum" if curriculum else "any"}
    about |= {"shares": shares(draws), "tokenizer": tokenizer, "max_tokens": max_tokens}
    meta = out.with_name(f"{out.name}.meta.json")
    meta.unlink(missing_ok=True)  # what it says of an earlier file must not be read of this one
    about |= {"formats": formats(rows), "prompts": prompts(rows), "sha256": write_records(out, rows)}
    meta.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(_shares_table(about["shares"]))
    console.print(f"{len(rows)} conversations in {out}")


@dataclass(frozen=True)
class Collected:
    """What runs have for training: trajectories, what was dropped on the way, and the settings of each run."""

    trajectories: list[Trajectory]
    funnel: Funnel
    configs: dict[str, Any]


def collected(runs: Sequence[str], filters: str, store: Path) -> Collected:
    """The trajectories of runs that may be trained on, as reviewers left them and the filters keep them.

    Raises:
        UsageError: an unknown filter or run, a task that is for evaluation, or nothing left.
    """
    steps = [*parse_filters("valid"), *parse_filters(filters)]
    trajectories = trainable(runs, store)
    with Store(store) as database:
        judged = reviewed(trajectories, [review for run in dict.fromkeys(runs) for review in database.reviews(run)])
        configs = {run["name"]: run["config"] for run in database.runs() if run["name"] in runs}
    kept, funnel = apply(steps, judged)
    if not kept:
        raise UsageError(f"the filters {filters!r} leave nothing of {len(trajectories)} trajectories: see {store}")
    return Collected(kept, Funnel([FunnelRow("reviews", len(trajectories), len(judged)), *funnel.rows]), configs)


def trainable(runs: Sequence[str], store: Path) -> list[Trajectory]:
    """The trajectories of runs.

    Raises:
        UsageError: there is no such run, or one has a task that is for evaluation.
    """
    with Store(store) as database:
        trajectories = [trajectory for run in dict.fromkeys(runs) for trajectory in database.select(run)]
    wrong = Counter((t.run, t.task.split) for t in trajectories if t.task.split not in TRAINABLE)
    if wrong:
        found = ", ".join(f"{count} of {split} in run {run!r}" for (run, split), count in wrong.items())
        raise UsageError(f"tasks for evaluation may not be trained on ({found}); use runs of {' or '.join(TRAINABLE)}")
    guard({(t.task.env, t.task.id): t.task for t in trajectories}.values())
    return trajectories


def to_row(trajectory: Trajectory, token_ids: bool = True, strip_shots: bool = False) -> Row:
    """A trajectory as one line of the file. Demonstrations and turns with a mistake have weight 0, all others 1."""
    steps = dict(zip(written(trajectory), trajectory.steps, strict=True))
    messages: list[dict[str, Any]] = []
    for place, message in enumerate(trajectory.messages):
        if strip_shots and "shot" in message:
            continue
        copy: dict[str, Any] = dict(message)
        if message["role"] == "assistant":
            step = steps.get(place)
            copy["weight"] = 0 if step is None or step.error else 1
            if token_ids and step and step.token_ids is not None:
                copy["token_ids"] = step.token_ids
            if step and step.finish == "length":
                copy["cut"] = True
        messages.append(copy)
    task = trajectory.task
    where = {"run": trajectory.run, "env": task.env, "task": task.id, "sample": trajectory.sample}
    about = {"split": task.split, "difficulty": task.difficulty, "template": task.template, "policy": trajectory.policy}
    about["state"] = initial_state(task)
    return {"messages": messages, "source": "agent", "format": trajectory.format, **where, **about}


@dataclass(frozen=True)
class _Part:
    """Conversations that can be trained on, with their sizes, and what was dropped before."""

    name: str
    rows: list[Row]
    sizes: list[Size]
    funnel: Funnel


class _Ruler:
    """Measures conversations with a tokenizer."""

    def __init__(self, tokenizer: str, max_tokens: int, console: Console):
        self._tokenizer, self._max_tokens, self._console = load_tokenizer(tokenizer), max_tokens, console

    def fit(self, name: str, rows: Sequence[Row], before: Funnel | None = None) -> _Part:
        """Drop what trains nothing and what is too long.

        Raises:
            UsageError: nothing is left.
        """
        trained, kept, sizes = 0, [], []
        for row in track(rows, f"tokens of {name}", console=self._console, transient=True):
            sequences = render_row(self._tokenizer, row)
            trained += bool(sequences)
            if sequences and max(len(sequence.ids) for sequence in sequences) <= self._max_tokens:
                kept.append({**row, "source": row.get("source") or name})
                weighed = sum(weight != 0 for sequence in sequences for weight in sequence.mask)
                sizes.append(Size(1, sum(len(sequence.ids) for sequence in sequences), weighed))
        if not kept:
            raise UsageError(
                f"none of the {len(rows)} conversations of {name} has a trained turn and fits --max-tokens "
                f"{self._max_tokens}"
            )
        steps = [("has trained tokens", len(rows), trained), (f"max_tokens={self._max_tokens}", trained, len(kept))]
        earlier = before.rows if before else []
        return _Part(name, kept, sizes, Funnel([*earlier, *(FunnelRow(*step) for step in steps)]))


def _sources(
    agents: Sequence[_Part], others: Sequence[_Part], weights: Sequence[float | None], unit: Unit, eta: float
) -> list[Source]:
    """All of the agents' conversations as one source, the general ones as one each, by weight or by their size."""
    rows, sizes = [row for part in agents for row in part.rows], [size for part in agents for size in part.sizes]
    whole = [Source("agent", rows, sizes, eta if others else 1.0)]
    general = [Source(part.name, part.rows, part.sizes) for part in others]
    parts = [s.total(unit) if weight is None else weight for s, weight in zip(general, weights, strict=True)]
    return whole + [replace(s, share=(1 - eta) * part / sum(parts)) for s, part in zip(general, parts, strict=True)]


def _weighted(general: Sequence[str]) -> list[tuple[str, float | None]]:
    """Read SOURCE or SOURCE=WEIGHT.

    Raises:
        UsageError: some have a weight and some have none, or a weight is not above 0.
    """
    read: list[tuple[str, float | None]] = []
    for spec in general:
        source, _, number = spec.rpartition("=")
        try:
            read.append((source, float(number)))
        except ValueError:  # a file may have = in its name
            read.append((spec, None))
    without = [source for source, weight in read if weight is None]
    if 0 < len(without) < len(read):
        raise UsageError(f"give every source of --general a weight (SOURCE=WEIGHT) or none: {without[0]} has none")
    if bad := [f"{source}={weight:g}" for source, weight in read if weight is not None and not weight > 0]:
        raise UsageError(f"a weight must be above 0, not {', '.join(bad)}")
    return read


def _files_table(parts: Sequence[_Part]) -> Table:
    table = Table("source", title="Conversations from elsewhere", title_justify="left")
    for heading in ("in", "untrained", "too long", "out"):
        table.add_column(heading, justify="right")
    for part in parts:
        trains, fits = part.funnel.rows
        counts = (trains.entered, trains.dropped, fits.dropped, fits.kept)
        table.add_row(part.name, *(f"{count:,}" for count in counts))
    return table


def _shares_table(shares: Sequence[dict[str, Any]]) -> Table:
    table = Table("source", title="What the file holds", title_justify="left")
    for heading in (*(f"{unit}s".replace("_", " ") for unit in UNITS), "epochs"):
        table.add_column(heading, justify="right")
    whole = {unit: sum(row[unit] for row in shares) for unit in UNITS}
    for row in shares:
        amounts = (f"{row[unit]:,} ({row[unit] / whole[unit]:.1%})" for unit in UNITS)
        table.add_row(row["source"], *amounts, f"{row['epochs']:.2f}")
    return table


if __name__ == "__main__":
    main(dataset)
