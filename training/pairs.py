"""Pairs to prefer one of: `python -m training.pairs --runs explore --out pairs.jsonl`.

A pair is a success (chosen) and a failure (rejected) at one task, as in ETO (Song et al. 2024, arXiv 2403.02502). Up to
where the policy first wrote something else, the two are one conversation: that is the pair's prompt, and has no loss. A
common beginning would cancel out of the difference of log-probabilities anyway.

    {"prompt": [message, ...], "chosen": [message, ...], "rejected": [message, ...], "format": "react", "env": "...",
     "task": "...", "chosen_from": {"run": "explore", "sample": 3, "policy": "...", "reward": 1.0}, ...}

Messages are those of a training file (`training.rows`). `FILE.meta.json` beside it says how it was made.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from envs.types import canonical_json
from rollout.filters import Funnel, FunnelRow
from rollout.reviews import written
from rollout.store import DEFAULT_STORE
from rollout.trajectory import Trajectory
from training.dataset import collected, to_row
from training.model import load_tokenizer
from training.rows import Row, formats, prompts, read_lines, render_row
from training.sources import write_records

__all__ = ["Pair", "conversations", "find_pairs", "pairs", "read_pairs"]

Scope = Literal["trajectory", "step"]


@dataclass(frozen=True)
class Pair:
    """A success and a failure at one task, and the number of the message with which they part.

    `branch` is None where they do not part in what the policy wrote: one was shown something else than the other, or
    one is the beginning of the other.
    """

    chosen: Trajectory
    rejected: Trajectory
    branch: int | None

    def calls(self, scope: Scope) -> list[list[Any]]:
        """What each of them did from the branch on: all of it, or the first action."""
        return [_calls(t, self.branch)[: 1 if scope == "step" else None] for t in (self.chosen, self.rejected)]

    def to_row(self, scope: Scope, token_ids: bool) -> Row:
        """The pair as a line of the file. Of the chosen one, turns with a mistake have no loss."""
        chosen, rejected = (to_row(t, token_ids)["messages"] for t in (self.chosen, self.rejected))
        end = self.branch + 1 if scope == "step" else None
        task = self.chosen.task
        return {
            "prompt": _weighted(chosen[: self.branch], 0),
            "chosen": chosen[self.branch : end],
            "rejected": _weighted(rejected[self.branch : end], 1),
            "format": self.chosen.format,
            "env": task.env,
            "task": task.id,
            "split": task.split,
            "difficulty": task.difficulty,
            "template": task.template,
            "chosen_from": _source(self.chosen),
            "rejected_from": _source(self.rejected),
        }


def pairs(
    runs: list[str],
    out: Path,
    gap: float = 0.5,
    scope: Scope = "trajectory",
    cap: int = 4,
    token_ids: bool = True,
    tokenizer: str = "smollm2",
    max_tokens: int = 2048,
    store: Path = DEFAULT_STORE,
) -> None:
    """Pair successes with failures at the same task, and say which rule dropped how many pairs.

    Episodes that the machine broke are dropped, and of those that did the same at one task all but the first.

    Args:
        runs: names of runs in the store; a pair may take its two sides from two runs (the expert's and the student's).
        out: the file to write, JSON lines.
        gap: the chosen one's score is at least so much above the rejected one's.
        scope: trajectory compares all that was written from the branch on (ETO); step only the first action there.
        cap: pairs of one task at most, those whose sides are in the fewest others.
        token_ids: keep the sampled ids. They are of use only to the tokenizer of the policy that sampled them.
        tokenizer: smollm2, a model folder or a hub name; counts the tokens.
        max_tokens: a pair with a longer side is dropped, never shortened.
        store: the SQLite file that holds the runs.
    """
    for name, value in (("gap", gap), ("cap", cap)):
        if value <= 0:
            raise UsageError(f"{name} must be above 0, not {value}")
    played = collected(runs, "unique", store)
    found, funnel = find_pairs(played.trajectories, gap, scope)
    fitting, counts = _fit([pair.to_row(scope, token_ids) for pair in found], load_tokenizer(tokenizer), max_tokens)
    kept = _cap(fitting, cap)
    funnel = Funnel([*funnel.rows, *counts, FunnelRow(f"cap={cap}", len(fitting), len(kept))])
    console = Console(highlight=False, soft_wrap=True)
    for table in (played.funnel.table(), funnel.table()):
        console.print(table)
    if not kept:
        count = len(played.trajectories)
        raise UsageError(f"no pair is left of {count} trajectories: a task needs a success and a failure")
    about = {"runs": played.configs, "scope": scope, "trajectories": played.funnel.to_dict(), "pairs": funnel.to_dict()}
    chosen = [conversations(row)[0] for row in kept]
    about |= {"formats": formats(chosen), "prompts": prompts(chosen), "sha256": write_records(out, kept)}
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    out.with_name(f"{out.name}.meta.json").write_text(text, encoding="utf-8")
    console.print(f"{len(kept)} pairs of {len({(row['env'], row['task']) for row in kept})} tasks in {out}")


def find_pairs(trajectories: Sequence[Trajectory], gap: float, scope: Scope) -> tuple[list[Pair], Funnel]:
    """Every success with every failure at the same task, and what the rules leave of them.

    ============  ===================================================================================================
    `gap=N`       the scores differ by at least N
    `same prompt` same format, system prompt, shots and question
    `branch`      they part in what the policy wrote, not in what it was shown
    `actions`     and from there on they did not do the same, in other words
    ============  ===================================================================================================

    Args:
        trajectories: valid ones.
        gap, scope: as in `pairs`.

    Returns:
        The pairs, in the order of the trajectories, and the count of each rule.
    """
    found = [pair for group in _tasks(trajectories) for pair in _candidates(group)]
    rules: list[tuple[str, Callable[[Pair], bool]]] = [
        (f"gap={gap:g}", lambda p: p.chosen.reward - p.rejected.reward >= gap),
        ("same prompt", lambda p: _question(p.chosen) == _question(p.rejected)),
        ("branch", lambda p: p.branch is not None),
        ("actions", lambda p: len(set(map(canonical_json, p.calls(scope)))) == 2),
    ]
    counts = []
    for name, keep in rules:
        entered = len(found)
        found = [pair for pair in found if keep(pair)]
        counts.append(FunnelRow(name, entered, len(found)))
    return found, Funnel(counts)


def conversations(pair: Row) -> tuple[Row, Row]:
    """The chosen and the rejected side of a line, each as a line of a training file."""
    return tuple({"messages": pair["prompt"] + pair[side], "format": pair["format"]} for side in ("chosen", "rejected"))


def read_pairs(path: Path) -> list[Row]:
    """Read a file of pairs.

    Raises:
        UsageError: no such file, or a line that is not a pair (with its number).
    """
    return read_lines(path, _pair)


def _tasks(trajectories: Sequence[Trajectory]) -> Iterator[list[Trajectory]]:
    groups: dict[tuple[str, str], list[Trajectory]] = {}
    for t in trajectories:
        groups.setdefault((t.task.env, t.task.id), []).append(t)
    return iter(groups.values())


def _candidates(group: Sequence[Trajectory]) -> list[Pair]:
    successes, failures = [t for t in group if t.success], [t for t in group if not t.success]
    return [Pair(a, b, _branch(a, b)) for a, b in product(successes, failures)]


def _branch(a: Trajectory, b: Trajectory) -> int | None:
    for n, (one, other) in enumerate(zip(a.messages, b.messages, strict=False)):
        if one != other:
            return n if one["role"] == other["role"] == "assistant" else None
    return None


def _question(trajectory: Trajectory) -> tuple:
    """All that a trajectory was given before its first own message, and how it was to write."""
    first = next(iter(written(trajectory)), None)
    return trajectory.format, trajectory.messages[:first]


def _calls(trajectory: Trajectory, start: int) -> list[Any]:
    """The call of each own message from number `start` on; its text where no call could be read in it."""
    own = zip(written(trajectory), trajectory.steps, strict=True)
    return [step.call or trajectory.messages[n]["content"] for n, step in own if n >= start]


def _fit(rows: Sequence[Row], tokenizer: Any, max_tokens: int) -> tuple[list[Row], list[FunnelRow]]:
    """Drop pairs with a side that is not one sequence with loss (`rollout.chat.render`), or is too long."""
    single, short = [], []
    for row in rows:
        sides = [render_row(tokenizer, side) for side in conversations(row)]
        if all(len(sequences) == 1 for sequences in sides):
            single.append(row)
            short += [row] * all(len(sequences[0].ids) <= max_tokens for sequences in sides)
    steps = [("one sequence", rows, single), (f"max_tokens={max_tokens}", single, short)]
    return short, [FunnelRow(name, len(before), len(after)) for name, before, after in steps]


def _cap(rows: Sequence[Row], limit: int) -> list[Row]:
    """At most `limit` pairs of a task: again and again one whose sides are in the fewest so far, the first of those."""
    tasks: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        tasks.setdefault((row["env"], row["task"]), []).append(row)
    kept = []
    for left in tasks.values():
        used: Counter[tuple] = Counter()
        for _ in range(min(limit, len(left))):
            row = min(left, key=lambda r: sum(used[side] for side in _sides(r)))
            left.remove(row)
            used.update(_sides(row))
            kept.append(row)
    return kept


def _sides(row: Row) -> list[tuple[str, int]]:
    return [(row[key]["run"], row[key]["sample"]) for key in ("chosen_from", "rejected_from")]


def _weighted(messages: Sequence[dict[str, Any]], weight: int) -> list[dict[str, Any]]:
    return [m | {"weight": weight} if m["role"] == "assistant" else m for m in messages]


def _source(t: Trajectory) -> dict[str, Any]:
    return {"run": t.run, "sample": t.sample, "policy": t.policy, "reward": t.reward}


def _pair(row: Any) -> Row:
    for side in ("prompt", "chosen", "rejected"):
        for message in row[side]:
            if not isinstance(message["content"], str) or message["role"] not in ("system", "user", "assistant"):
                raise ValueError(f"{side} holds {message!r}, which is not a message with a role and a text")
    for side in ("chosen", "rejected"):
        if not row[side] or row[side][0]["role"] != "assistant":
            raise ValueError(f"{side} must begin with an assistant message")
    return row


if __name__ == "__main__":
    main(pairs)
