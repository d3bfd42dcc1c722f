"""Let a model write tasks, and keep those that hold: `python -m rollout.propose --env db --policy gpt-4 --out FILE`.

Self-Instruct (Wang et al. 2022, arXiv 2212.10560) with a world in the place of a judge. A proposal is an episode in the
world's proposer (`envs.proposer`), so it is stored, counted and resumed like any other: the same command again asks for
what is owed. The files are made from the store when the asking ends.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from envs.cli import main, parse_options
from envs.errors import UsageError
from envs.proof import REASONS
from envs.proposer import Proposer
from envs.registry import env_class, env_ids, resolve
from envs.types import Task
from rollout.collect import collect_tasks
from rollout.policies import Sampling
from rollout.similarity import Pool
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory, Usage

__all__ = ["Sifted", "propose", "sift"]

SENTENCES = {
    **REASONS,
    "format": "The message is not one action with one JSON object.",
    "unknown_tool": "The message calls another tool.",
    "arguments": "The proposal does not fit the schema.",
    "context": "The model's context has no room for an answer.",
    "duplicate": "It is nearly the same as a known task or as one kept before it.",
}


@dataclass
class Sifted:
    """What became of the proposals, in their order. A line of `rejected` has index, reason, detail and replies."""

    kept: list[Task] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    @property
    def reasons(self) -> Counter[str]:
        return Counter(row["reason"] for row in self.rejected)


def propose(
    env: str,
    policy: str,
    out: Path,
    n: int = 100,
    tries: int = 1,
    rouge: float = 0.7,
    run: str | None = None,
    seed: int = 0,
    format: str = "react",
    env_options: tuple[str, ...] = (),
    temperature: float = 0.7,
    top_p: float = 1.0,
    max_tokens: int = 1024,
    concurrency: int = 8,
    timeout: float = 600.0,
    store: Path = DEFAULT_STORE,
) -> int:
    """Ask a model for tasks, and keep those that are proved and new.

    Kept is a task whose solution passes its check in the world, twice alike, while doing nothing and random actions
    fail, and whose words are not those of another. The others are named with the reason in OUT.rejected.jsonl. Exit
    status 1 when proposals are owed: a server or an environment failed.

    Args:
        env: world to write tasks for; the environment ENV-propose asks for them.
        policy: who proposes: gpt-4, MODEL@URL, local:PATH, smollm2, or expert for the world's own.
        out: JSON lines of tasks to write, for --tasks.
        n: proposals to ask for.
        tries: messages of one proposal; after each that is not kept the model is told why.
        rouge: ROUGE-L from which a request counts as the same as another.
        run: name under which the proposals are stored. By default ENV-propose-POLICY.
        seed: of the run.
        format: how the proposer writes, react or hermes.
        env_options: further options of the proposer, as NAME=VALUE.
        temperature: of sampling.
        top_p: sample from the likeliest tokens that together have this probability.
        max_tokens: tokens of one message.
        concurrency: proposals at a time.
        timeout: seconds after which a proposal is abandoned.
        store: the SQLite file that keeps everything.
    """
    for name, value in {"n": n, "tries": tries}.items():
        if value < 1:
            raise UsageError(f"{name} must be at least 1, not {value}")
    if not 0 < rouge <= 1:
        raise UsageError(f"rouge must be above 0 and at most 1, not {rouge}")
    proposer = _proposer(env)
    run = run or f"{env}-propose-{policy}"
    summary = collect_tasks(
        occasions := proposer.tasks("train")[:n],
        policy,
        run=run,
        store=store,
        seed=seed,
        concurrency=concurrency,
        format=format,
        max_turns=tries,
        env_options=parse_options(env_options),
        sampling=Sampling(temperature, top_p, max_tokens, seed),
        timeout=timeout,
    )
    with Store(store) as opened:
        found = {trajectory.task.id: trajectory for trajectory in opened.select(run=run, valid=True)}
    asked = [found[occasion.id] for occasion in occasions if occasion.id in found]
    sifted = sift(proposer, asked, rouge)
    beside = out.with_suffix(".rejected.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(beside, (json.dumps(row, ensure_ascii=False) for row in sifted.rejected))
    _write(out, (task.to_json() for task in sifted.kept))
    _print(sifted, out, beside)
    return 1 if summary.owed else 0


def sift(proposer: type[Proposer], proposals: Sequence[Trajectory], rouge: float = 0.7) -> Sifted:
    """Part the proposals, valid episodes of `proposer`, into tasks that are kept and reasons why not.

    Args:
        proposals: in the order in which they count: of two that are alike the first is kept.
        rouge: ROUGE-L from which two requests are alike.
    """
    sifted, pool = Sifted(), Pool(task.prompt for task in proposer.known_tasks())
    for index, proposal in enumerate(proposals):
        sifted.usage += proposal.usage
        reason, detail = proposal.steps[-1].error if proposal.steps else proposal.stop.value, ""
        if proposal.success:
            task = proposer.draft(proposal.task, **proposal.steps[-1].call["arguments"])
            nearness, nearest = pool.nearest(task.prompt)
            if nearness < rouge:
                pool.add(task.prompt)
                sifted.kept.append(task)
                continue
            reason, detail = "duplicate", f"ROUGE-L {nearness:.2f} with {nearest!r}"
        written = [message["content"] for message in proposal.messages if message["role"] == "assistant"]
        sifted.rejected.append({"index": index, "reason": reason, "detail": detail, "replies": written})
    return sifted


def _proposer(env: str) -> type[Proposer]:
    world = resolve(env)
    try:
        found = env_class(f"{env}-propose")
    except UsageError:
        there = ", ".join(name for name in env_ids() if "Propose-v" in name)
        raise UsageError(f"{world} has no proposer, no environment {env}-propose; there are: {there}") from None
    if not issubclass(found, Proposer):
        raise UsageError(f"{found.id} must be an envs.proposer.Proposer")
    return found


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    part.replace(path)


def _print(sifted: Sifted, out: Path, beside: Path) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for reason, count in sifted.reasons.most_common():
        console.print(f"{count:>6} {reason:<12} {SENTENCES[reason]}")
    asked, usage = len(sifted.kept) + len(sifted.rejected), sifted.usage
    each = (usage.prompt_tokens + usage.completion_tokens) / max(len(sifted.kept), 1)
    if usage != Usage():
        tokens = f"{usage.prompt_tokens:,} in, {usage.completion_tokens:,} out"
        console.print(f"tokens of all proposals: {tokens}; {each:,.0f} for each task that is kept")
    console.print(f"{len(sifted.kept)} of {asked} proposals are tasks in {out}; the others are in {beside}.")


if __name__ == "__main__":
    main(propose)
