"""The training file: JSON lines, one conversation each.

    {"messages": [{"role": "user", "content": "..."},
                  {"role": "assistant", "content": "...", "weight": 1, "token_ids": [...], "cut": true}, ...],
     "source": "agent", "format": "react", "env": "AgentTuning/Db-v0", "run": "teacher", "task": "...", ...}

Of an assistant message, `weight` (1 unless given) is that of its loss, 0 for a turn that is only context; `token_ids`
are the ids that the policy sampled, where they are known; `cut` says that the token limit ended it. `messages` is all
that a row needs.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from envs.errors import UsageError
from rollout.chat import Rendered, prompt_hash, render

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["Row", "file_hash", "formats", "prompts", "read_lines", "read_rows", "render_row"]

Row = dict[str, Any]
T = TypeVar("T")


def read_lines(path: Path, read: Callable[[Any], T]) -> list[T]:
    """Apply `read` to the JSON value of each line of a file, plain or `.gz`.

    Raises:
        UsageError: no such file, nothing in it, or a line that is not JSON or that `read` refuses; with its number.
    """
    if not path.is_file():
        raise UsageError(f"no file {str(path)!r}")
    values = []
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    values.append(read(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(f"{path}, line {number}: {_reason(error)}") from None
    if not values:
        raise UsageError(f"{path} holds no conversations")
    return values


def read_rows(path: Path) -> list[Row]:
    """Read a training file.

    Raises:
        UsageError: no such file, or a line that is not a conversation (with its number).
    """
    return read_lines(path, _row)


def render_row(tokenizer: "PreTrainedTokenizerFast", row: Row) -> list[Rendered]:
    """The training sequences of one conversation, by `rollout.chat.render`."""
    turns = [message for message in row["messages"] if message["role"] == "assistant"]
    return render(
        tokenizer,
        row["messages"],
        weights=[turn.get("weight", 1) for turn in turns],
        sampled=[turn.get("token_ids") for turn in turns],
        cut=[turn.get("cut", False) for turn in turns],
    )


def file_hash(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def formats(rows: Sequence[Row]) -> list[str]:
    """The action formats in which agents wrote, sorted."""
    return sorted({row["format"] for row in rows if "format" in row})


def prompts(rows: Sequence[Row]) -> list[str]:
    """The hashes of the system prompts under which agents wrote, sorted."""
    return sorted({prompt_hash(text) for row in rows if "format" in row for text in _system(row)})


def _system(row: Row) -> Iterator[str]:
    return (message["content"] for message in row["messages"] if message["role"] == "system")


def _row(row: Any) -> Row:
    for message in row["messages"]:
        role, content = message["role"], message["content"]
        if role not in ("system", "user", "assistant") or not isinstance(content, str):
            raise ValueError(
                f"a message has a role (system, user or assistant) and a text, not {role!r} and {content!r}"
            )
    return row


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the key {error} is missing"
    return f"not a conversation in JSON: {error}" if isinstance(error, json.JSONDecodeError | TypeError) else str(error)
