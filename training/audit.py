"""What of a file is trained: `python -m training.audit data.jsonl`, and token by token: `... data.jsonl --row 3`.

Reads conversations of any form (`training.forms`), and looks at the ids and masks that training would get. A mistake in
a mask raises no error and no loss: it is a model that never stops, or that imitates the environment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import tyro
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from envs.cli import main
from envs.errors import UsageError
from rollout.chat import Rendered, stop_ids
from training.model import load_tokenizer
from training.rows import Row, read_rows, render_row, row_name

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["Finding", "audit", "inspect", "token_view"]

FAULTS = {
    "masked": "nothing in them is trained",
    "truncated": "a trained answer is not there to its end",
    "unstopped": "the stop token after a trained answer is not trained",
}
REMARKS = {"cut": "the token limit cut an answer: it is trained without a stop token"}
_STYLES = {"context": ("dim", "dim italic"), "trained": ("green", "bold green"), "stop": ("bold white on red",) * 2}


@dataclass(frozen=True)
class Finding:
    """What training would get of one row."""

    name: str
    source: str
    sequences: int
    tokens: int
    trained: int
    """Tokens with a loss."""
    longest: int
    """Tokens of its longest sequence."""
    kinds: frozenset[str]
    """Of `FAULTS` and `REMARKS`."""


def audit(
    data: Annotated[str, tyro.conf.Positional],
    row: int | None = None,
    tokenizer: str = "smollm2",
    max_tokens: int = 4096,
) -> int:
    """Count what is trained, and name the rows in which something is wrong. Exit status 1 if there are any.

    Args:
        data: conversations of any form: a file, a folder, or a hub data set.
        row: show this row, from 1, token by token instead.
        tokenizer: smollm2, a model folder or a hub name.
        max_tokens: name longer rows. They are dropped (training.dataset) or refused (training.sft), never shortened.
    """
    rows = read_rows(data)
    words = load_tokenizer(tokenizer)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if row is not None:
        if not 1 <= row <= len(rows):
            raise UsageError(f"there is no row {row}: {data} has {len(rows)}")
        console.print(token_view(words, rows[row - 1]))
        return 0
    numbered = track(enumerate(rows, 1), "rows", len(rows), console=console, transient=True)
    found = [inspect(words, one, number) for number, one in numbered]
    console.print(_shares(found))
    console.print(_counts(found, max_tokens))
    for kind, text in (FAULTS | REMARKS).items():
        _name(console, text, [f for f in found if kind in f.kinds])
    _name(console, f"longer than {max_tokens:,} tokens", [f for f in found if f.longest > max_tokens])
    return int(any(finding.kinds & FAULTS.keys() for finding in found))


def inspect(tokenizer: "PreTrainedTokenizerFast", row: Row, number: int) -> Finding:
    """Look at what training gets of a row, the one of this number in its file."""
    sequences = render_row(tokenizer, row)
    trained = [message for message in row["messages"] if message["role"] == "assistant" and message.get("weight") != 0]
    spans = [span for sequence in sequences for span in _spans(sequence)]
    lengths = [len(sequence.ids) for sequence in sequences]
    return Finding(
        name=row_name(row, number),
        source=row.get("source") or row.get("env") or "",
        sequences=len(sequences),
        tokens=sum(lengths),
        trained=sum(map(len, spans)),
        longest=max(lengths, default=0),
        kinds=frozenset(_kinds(tokenizer, trained, spans)),
    )


def token_view(tokenizer: "PreTrainedTokenizerFast", row: Row) -> Text:
    """A row token by token: what is context, what is trained, and the trained stop tokens.

    The three differ in colour and in the word before the line; tokens are divided by a bar.
    """
    view = Text()
    stops = set(stop_ids(tokenizer))
    for number, sequence in enumerate(render_row(tokenizer, row), 1):
        view.append(f"sequence {number}, {len(sequence.ids)} tokens\n", "bold")
        states = [
            ("stop" if i in stops else "trained") if weight else "context"
            for i, weight in zip(sequence.ids, sequence.mask, strict=True)
        ]
        place = 0
        for state, same in groupby(states):
            ids = sequence.ids[place : place + len(list(same))]
            view.append(_line(tokenizer, state, ids))
            place += len(ids)
    return view


def _spans(sequence: Rendered) -> Iterator[list[int]]:
    """The ids of each run of trained tokens: what the policy wrote in one turn."""
    pairs = zip(sequence.ids, sequence.mask, strict=True)
    for trained, span in groupby(pairs, key=lambda pair: pair[1] != 0):
        if trained:
            yield [i for i, _ in span]


def _kinds(tokenizer: "PreTrainedTokenizerFast", turns: Sequence[dict], spans: Sequence[list[int]]) -> Iterator[str]:
    if not spans:
        yield "masked"
    stops = set(stop_ids(tokenizer))
    written = [turn for turn in turns if turn["content"] or not turn.get("cut")]
    if len(written) != len(spans):
        yield "truncated"
        return
    for turn, span in zip(written, spans, strict=True):
        stopped = span[-1] in stops
        body = span[:-1] if stopped else span
        # A server may have left control tokens that it sampled out of the text.
        reads = [tokenizer.decode(body, skip_special_tokens=skip).strip() for skip in (False, True)]
        if turn["content"].strip() not in reads:
            yield "truncated"
        if turn.get("cut"):
            yield "cut"
        elif not stopped:
            yield "unstopped"


def _line(tokenizer: "PreTrainedTokenizerFast", state: str, ids: Sequence[int]) -> Text:
    """Tokens of one state, below each other where the text breaks its line."""
    line = Text(f"{state:>8} ")
    for number, i in enumerate(ids):
        piece = tokenizer.decode([i]).replace("\n", f"⏎\n{'':>8} ")
        line.append("│").append(piece, _STYLES[state][number % 2])
    return line.append("│\n")


def _shares(found: Sequence[Finding]) -> Table:
    table = Table("source", title="What is trained", title_justify="left")
    for heading in ("rows", "sequences", "tokens", "trained"):
        table.add_column(heading, justify="right")
    sources = sorted({finding.source for finding in found})
    for source in [*sources, None] if len(sources) > 1 else [None]:
        these = [finding for finding in found if source in (None, finding.source)]
        tokens, trained = sum(f.tokens for f in these), sum(f.trained for f in these)
        share = f"{trained:,} ({trained / tokens:.1%})" if tokens else "0"
        amounts = (f"{n:,}" for n in (len(these), sum(f.sequences for f in these), tokens))
        table.add_row("all" if source is None else source or "-", *amounts, share)
    return table


def _counts(found: Sequence[Finding], max_tokens: int) -> Table:
    table = Table("rows in which", title="What to look at", title_justify="left")
    table.add_column("rows", justify="right")
    for kind, text in (FAULTS | REMARKS).items():
        table.add_row(text, f"{sum(kind in finding.kinds for finding in found):,}")
    table.add_row(f"there are more than {max_tokens:,} tokens", f"{sum(f.longest > max_tokens for f in found):,}")
    return table


def _name(console: Console, text: str, found: Sequence[Finding]) -> None:
    if found:
        console.print(f"{text}: {', '.join(finding.name for finding in found)}")


if __name__ == "__main__":
    main(audit)
