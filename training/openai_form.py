"""OpenAI's form of a conversation: `messages`, in which calls of tools and their results are not text.

A training row is of this form too, but all of its text is text: a model that is trained on it writes its calls itself.
"""

import json
from typing import Any

from envs.errors import did_you_mean
from training.tool_text import join_calls, join_results, join_tools, split_calls, split_results, split_tools

__all__ = ["Record", "Row", "read_openai", "with_tools", "without", "write_openai"]

Row = dict[str, Any]
Record = dict[str, Any]

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "user"}


def read_openai(record: Record) -> Row:
    """Messages whose calls, results and tools are text of the hermes format (`envs.format`).

    Raises:
        ValueError, KeyError, TypeError: an unknown role, a picture, a call that is none.
    """
    messages: list[dict[str, Any]] = []
    answering = False
    for message in record["messages"]:
        read = _read_openai_message(message)
        if answering and message["role"] == "tool":  # the results of one message's calls are one user message
            messages[-1] = messages[-1] | {"content": f"{messages[-1]['content']}\n{read['content']}"}
        else:
            messages.append(read)
        answering = message["role"] == "tool"
    return with_tools({**record, "messages": messages})


def _read_openai_message(message: dict[str, Any]) -> dict[str, Any]:
    role, content, calls = message["role"], message.get("content"), message.get("tool_calls")
    if role not in _ROLES:
        raise ValueError(f"no role {role!r}.{did_you_mean(str(role), _ROLES)} Known: {', '.join(_ROLES)}")
    if isinstance(content, list):
        content = "".join(_text_part(part) for part in content)
    elif role in ("system", "user", "assistant") and not calls:
        return message
    if calls:
        content = join_calls(content or "", calls)
    if role == "tool":
        content = join_results([content or ""])
    return {"role": _ROLES[role], "content": content} | without(
        message, "role", "content", "tool_calls", "tool_call_id"
    )


def _text_part(part: dict[str, Any]) -> str:
    if part["type"] != "text":
        raise ValueError(f"a part of a message is {part['type']!r}; only text can be trained on")
    return part["text"]


def write_openai(row: Row) -> Record:
    """The messages as they are; an agent's that wrote in the hermes format get their calls, results and tools.

    What does not read back as the very text that was written (JSON with other blanks) stays text.
    """
    # Text that is no agent's may quote a call without making one.
    if row.get("format") != "hermes":
        return row
    tools, messages, awaited, number = {}, [], [], 0
    for message in row["messages"]:
        role, content = message["role"], message["content"]
        if role == "system" and not messages and (found := split_tools(content)):
            tools = {"tools": found[1]}
            messages.append({**message, "content": found[0]})
        elif role == "assistant" and (found := split_calls(content, number)):
            awaited = [call["id"] for call in found[1]]
            number += len(awaited)
            messages.append({**message, "content": found[0], "tool_calls": found[1]})
        elif role == "user" and awaited and len(results := split_results(content) or []) == len(awaited):
            named = [{"role": "tool", "tool_call_id": i, "content": r} for i, r in zip(awaited, results, strict=True)]
            messages += [named[0] | without(message, "role", "content"), *named[1:]]
            awaited = []
        else:
            messages.append(message)
            awaited = []
    return {**row, **tools, "messages": messages}


def with_tools(row: Row) -> Row:
    """Make `tools` that stand beside the messages text of the system message.

    Raises:
        ValueError, KeyError, TypeError: they are no tools.
    """
    tools = row.get("tools")
    if isinstance(tools, str) and tools:
        try:
            tools = json.loads(tools)
        except json.JSONDecodeError as error:
            raise ValueError(f"its tools are not a list in JSON: {error}") from None
    if not tools:
        return row
    messages = row["messages"]
    system, rest = {"role": "system", "content": ""}, messages
    if messages and messages[0]["role"] == "system":
        system, *rest = messages
    system = {**system, "content": join_tools(system["content"], tools)}
    return {**without(row, "tools"), "messages": [system, *rest]}


def without(record: Record, *keys: str) -> dict[str, Any]:
    """The record but for these keys."""
    return {key: value for key, value in record.items() if key not in keys}
