"""How far text is from the tokens that were sampled: `python -m rollout.drift --run student --tokenizer DIR`.

A model samples ids, and its text need not encode to the same ones: it split a word in an unusual way, or the template
strips white space. Training on the text would then teach tokens that the model did not write ("retokenization drift",
vLLM's blog, 2025-10-22). Runs that kept their sampled ids are trained on those; this says what would differ.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import track
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError
from rollout.chat import common_length, render
from rollout.reviews import written
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Trajectory

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["Drift", "Kind", "drift", "drifts", "kind_of"]

_TAIL = 3
"""Ids at the end within which a difference is small: the stop token, white space, and what merges with them."""


class Kind(StrEnum):
    """How the sampled ids of a reply differ from those of its text."""

    CLEAN = "clean"
    TAIL = "tail"
    LARGE = "large"


@dataclass(frozen=True)
class Drift:
    """One reply: what was sampled and what its text encodes to, stop token included."""

    trajectory: str
    turn: int
    sampled: list[int]
    encoded: list[int]

    @property
    def kind(self) -> Kind:
        return kind_of(self.sampled, self.encoded)


def drift(run: str, tokenizer: str, store: Path = DEFAULT_STORE, examples: int = 3) -> None:
    """Say how often the sampled ids of a run differ from its re-encoded text, by turn, and show where.

    A reply is clean where all ids are equal, a tail where only its last 3 ids differ, and large otherwise.

    Args:
        run: a run of the store whose policy kept sampled ids: vllm:..., local:..., smollm2.
        tokenizer: smollm2, or the folder of the model that played it.
        store: the SQLite file that keeps everything.
        examples: replies to show that differ, large ones first.
    """
    if not store.exists():
        raise UsageError(f"there is no store {str(store)!r}")
    loaded = _load(tokenizer)
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    with Store(store) as database:
        trajectories = list(database.select(run, valid=True))
    found = list(drifts(loaded, track(trajectories, "episodes", console=console, transient=True)))
    if not found:
        raise UsageError(
            f"no reply of run {run!r} in {store} has sampled ids: play it with a policy that keeps them (vllm:..., "
            "local:..., smollm2)"
        )
    console.print(_table(found))
    different = [one for one in found if one.kind is not Kind.CLEAN]
    for one in sorted(different, key=lambda one: one.kind is Kind.TAIL)[:examples]:
        console.print(_shown(loaded, one))


def drifts(tokenizer: "PreTrainedTokenizerFast", trajectories: Iterable[Trajectory]) -> Iterator[Drift]:
    """Compare every reply that has sampled ids with its text, as `rollout.chat` would encode it for training.

    Raises:
        UsageError: the ids are not this tokenizer's.
    """
    for trajectory in trajectories:
        assistants = [i for i, message in enumerate(trajectory.messages) if message["role"] == "assistant"]
        for step, place in zip(trajectory.steps, written(trajectory), strict=True):
            if step.token_ids is None:
                continue
            messages, before = trajectory.messages[: place + 1], assistants.index(place)
            weights, nothing = [0.0] * before + [1.0], [None] * before
            (sampled,) = render(tokenizer, messages, weights, sampled=[*nothing, step.token_ids])
            (encoded,) = render(tokenizer, messages, weights, cut=[False] * before + [step.finish == "length"])
            ids = [[i for i, weight in zip(one.ids, one.mask, strict=True) if weight] for one in (sampled, encoded)]
            yield Drift(trajectory.id, step.turn, *ids)


def kind_of(sampled: list[int], encoded: list[int]) -> Kind:
    """How two lists of ids differ."""
    if sampled == encoded:
        return Kind.CLEAN
    return Kind.TAIL if common_length(sampled, encoded) >= max(len(sampled), len(encoded)) - _TAIL else Kind.LARGE


def _load(tokenizer: str) -> "PreTrainedTokenizerFast":
    from transformers import AutoTokenizer

    from rollout.student import student_path

    path = student_path() if tokenizer == "smollm2" else Path(tokenizer)
    if not path.is_dir():
        raise UsageError(f"there is no tokenizer folder {str(path)!r}")
    try:
        return AutoTokenizer.from_pretrained(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} holds no tokenizer: {error}") from None


def _table(found: list[Drift]) -> Table:
    table = Table("turn", title="Sampled ids against the re-encoded text", title_justify="left")
    for heading in ("replies", *Kind):
        table.add_column(heading, justify="right")
    turns = sorted({one.turn for one in found})
    for name, rows in [*((str(turn), [o for o in found if o.turn == turn]) for turn in turns), ("all", found)]:
        kinds = Counter(one.kind for one in rows)
        shares = (f"{kinds[kind]:,} ({kinds[kind] / len(rows):.1%})" for kind in Kind)
        table.add_row(name, f"{len(rows):,}", *shares, end_section=name == str(turns[-1]))
    return table


def _shown(tokenizer: "PreTrainedTokenizerFast", one: Drift) -> str:
    """The tokens from the last common one on, a few of them."""
    start = max(common_length(one.sampled, one.encoded) - 1, 0)
    sides = []
    for name, ids in (("sampled", one.sampled), ("encoded", one.encoded)):
        pieces = [tokenizer.decode([i]) for i in ids[start : start + 8]]
        sides.append(f"  {name}: {' '.join(map(repr, pieces)) or 'nothing'}")
    return "\n".join([f"{one.kind}: trajectory {one.trajectory}, turn {one.turn}, from id {start + 1}", *sides])


if __name__ == "__main__":
    main(drift)
