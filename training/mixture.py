"""General data, and mixing it with agent data at an exact ratio (AgentTuning's hybrid tuning, Zeng et al. 2023)."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from envs.errors import UsageError
from training.rows import Row, read_lines

__all__ = ["mix", "read_general"]

_ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "observation": "user",
    "tool": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "function_call": "assistant",
}


def read_general(path: Path) -> list[Row]:
    """Read conversations from JSON lines, plain or `.gz`; every assistant turn is trained unless it says otherwise.

    Three forms: `messages` (OpenAI's, with an optional `weight`); `conversations` (ShareGPT's `from` and `value`, with
    AgentInstruct's optional `loss` and an optional `tools` for a system message); `instruction`, `input` and `output`
    (Alpaca's).

    Raises:
        UsageError: no such file, or a line of no known form (with its number).
    """
    return read_lines(path, lambda row: {"messages": list(_messages(row)), "source": path.name.partition(".")[0]})


def mix(agent: Sequence[Row], general: Sequence[Row], eta: float, size: int | None = None, seed: int = 0) -> list[Row]:
    """Shuffle agent and general conversations together so that a share `eta` of them is agent data.

    A source that is too short for its share is repeated: whole, as often as it fits, and the rest is drawn.

    Args:
        agent, general: conversations.
        eta: share of agent conversations, in (0, 1); exact up to rounding to whole conversations.
        size: conversations in all. By default so many that the source with more to give is used exactly once.
        seed: of the draw and of the order.

    Raises:
        UsageError: `eta` out of range, an empty source, or a size that leaves one of them out.
    """
    if not 0 < eta < 1:
        raise UsageError(f"eta must be between 0 and 1 (leave --general out for agent data alone), not {eta}")
    if not agent or not general:
        raise UsageError(f"nothing to mix: {len(agent)} agent and {len(general)} general conversations")
    size = round(max(len(agent) / eta, len(general) / (1 - eta))) if size is None else size
    wanted = round(size * eta)
    if not 0 < wanted < size:
        raise UsageError(f"{size} conversations at eta {eta} would be {wanted} agent ones: choose a larger --size")
    rng = random.Random(seed)
    rows = _repeat(agent, wanted, rng) + _repeat(general, size - wanted, rng)
    rng.shuffle(rows)
    return rows


def _repeat(rows: Sequence[Row], wanted: int, rng: random.Random) -> list[Row]:
    whole, rest = divmod(wanted, len(rows))
    return list(rows) * whole + rng.sample(list(rows), rest)


def _messages(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "messages" in row:
        for message in row["messages"]:
            yield _message(message["role"], message["content"], message.get("weight", 1))
    elif "conversations" in row:
        if row.get("tools"):
            yield _message("system", f"Tools:\n{row['tools']}")
        for turn in row["conversations"]:
            yield _message(turn["from"], turn["value"], 0 if turn.get("loss") is False else 1)
    elif "instruction" in row:
        yield _message("user", "\n\n".join(part for part in (row["instruction"], row.get("input")) if part))
        yield _message("assistant", row["output"])
    else:
        raise ValueError(f"it has the keys {', '.join(row)}, but neither messages nor conversations nor instruction")


def _message(role: str, content: str, weight: float = 1) -> dict[str, Any]:
    if role not in _ROLES or not isinstance(content, str):
        raise ValueError(f"not a message: role {role!r} (known: {', '.join(_ROLES)}) and content {content!r}")
    message = {"role": _ROLES[role], "content": content}
    return message | {"weight": weight} if message["role"] == "assistant" else message
