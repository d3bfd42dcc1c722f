"""The training file: JSON lines, one conversation each.

    {"messages": [{"role": "user", "content": "..."},
                  {"role": "assistant", "content": "...", "weight": 1, "token_ids": [...], "cut": true}, ...],
     "source": "agent", "format": "react", "env": "AgentTuning/Db-v0", "run": "teacher", "task": "...", ...}

Of an assistant message, `weight` (1 unless given) is that of its loss, 0 for a turn that is only context; `token_ids`
are the ids that the policy sampled, where they are known; `cut` says that the token limit ended it. A message of a
demonstration has its number as `shot`. `messages` is all that a row needs. Conversations that are kept in another form
(`training.forms`) are read as such rows.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from envs.errors import UsageError
from rollout.chat import Rendered, prompt_hash, render
from training import forms
from training.forms import Row
from training.sources import read_records

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["Row", "file_hash", "formats", "prompts", "read_lines", "read_rows", "render_row", "row_name"]

T = TypeVar("T")


def read_rows(source: Path | str) -> list[Row]:
    """Read conversations of any form from a file, a folder or a data set of the hub.

    Raises:
        UsageError: no such source, nothing in it, or a record that is not a conversation (with its place).
    """
    return read_lines(source, forms.read)


def read_lines(source: Path | str, read: Callable[[Any], T]) -> list[T]:
    """Apply `read` to each record of a source.

    Raises:
        UsageError: no such source, nothing in it, or a record that `read` refuses (with its place).
    """
    values = []
    for where, record in read_records(source):
        try:
            values.append(read(record))
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{where}: {_reason(error)}") from None
    if not values:
        raise UsageError(f"{source} holds no conversations")
    return values


def render_row(tokenizer: "PreTrainedTokenizerFast", row: Row) -> list[Rendered]:
    """The training sequences of one conversation, by `rollout.chat.render`."""
    turns = [message for message in row["messages"] if message["role"] == "assistant"]
    return render(
        tokenizer,
        row["messages"],
        weights=[1 if turn.get("weight") is None else turn["weight"] for turn in turns],
        sampled=[turn.get("token_ids") for turn in turns],
        cut=[bool(turn.get("cut")) for turn in turns],
    )


def row_name(row: Row, number: int) -> str:
    """What to call a row: its number in the file, from 1, with its id or its task where it has one."""
    known = row.get("id") or row.get("task")
    return f"row {number} ({known})" if known else f"row {number}"


def file_hash(source: Path | str) -> str:
    """The SHA-256 of a file; of a folder or a hub data set, that of its records."""
    if Path(source).is_file():
        with Path(source).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    records = hashlib.sha256()
    for _, record in read_records(source):
        records.update(f"{json.dumps(record)}\n".encode())
    return records.hexdigest()


def formats(rows: Sequence[Row]) -> list[str]:
    """The action formats in which agents wrote, sorted."""
    return sorted({row["format"] for row in rows if row.get("format")})


def prompts(rows: Sequence[Row]) -> list[str]:
    """The hashes of the system prompts under which agents wrote, sorted."""
    return sorted({prompt_hash(text) for row in rows if row.get("format") for text in _system(row)})


def _system(row: Row) -> Iterator[str]:
    return (message["content"] for message in row["messages"] if message["role"] == "system")


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the key {error} is missing"
    return f"not a conversation: {error}" if isinstance(error, TypeError) else str(error)
