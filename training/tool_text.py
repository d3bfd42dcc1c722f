"""Calls and results of tools, between OpenAI's structured form and the text that a model of the hermes format writes.

Every function here has its inverse, which answers None where it could not give back the very text.
"""

import json
from collections.abc import Sequence
from typing import Any

from envs.errors import FormatError
from envs.format import Hermes
from envs.types import ToolCall, ToolSpec

__all__ = ["call_block", "join_calls", "join_results", "join_tools", "split_calls", "split_results", "split_tools"]

_HERMES = Hermes()
_OPEN, _CLOSE = "<tool_call>\n", "\n</tool_call>"
_RESULT_OPEN, _RESULT_CLOSE = "<tool_response>\n", "\n</tool_response>"
_TOOLS_HEAD, _TOOLS_TAIL = (part for part in _HERMES.system("", {}).split("<tools>\n\n</tools>"))
_TOOLS_HEAD, _TOOLS_TAIL = f"{_TOOLS_HEAD}<tools>\n", f"\n</tools>{_TOOLS_TAIL}"


def call_block(body: str) -> str:
    """One call as text, its JSON as it is."""
    return f"{_OPEN}{body}{_CLOSE}"


def join_calls(content: str, calls: Sequence[dict[str, Any]]) -> str:
    """An assistant's content and its `tool_calls` as one text.

    Raises:
        ValueError, KeyError, TypeError: a call without a name, or whose arguments are not a JSON object.
    """
    return _with_blocks(content, [_tool_call(call["function"]) for call in calls])


def split_calls(text: str, first: int) -> tuple[str, list[dict[str, Any]]] | None:
    """The content and the `tool_calls` of an assistant's text; the calls are numbered from `first`."""
    content, _, rest = text.partition(_OPEN)
    try:
        calls = [
            _HERMES.parse(call_block(body), {})[1] for body in rest.removesuffix(_CLOSE).split(f"{_CLOSE}\n{_OPEN}")
        ]
    except FormatError:
        return None
    content = content.removesuffix("\n")
    if _with_blocks(content, calls) != text:
        return None
    return content, [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for number, call in enumerate(calls, first)
    ]


def join_results(results: Sequence[str]) -> str:
    """What tools answered to the calls of one message, as one user message."""
    return "\n".join(map(_HERMES.observe, results))


def split_results(text: str) -> list[str] | None:
    """The results in a user's text."""
    if not text.startswith(_RESULT_OPEN) or not text.endswith(_RESULT_CLOSE):
        return None
    results = text.removeprefix(_RESULT_OPEN).removesuffix(_RESULT_CLOSE).split(f"{_RESULT_CLOSE}\n{_RESULT_OPEN}")
    return results if join_results(results) == text else None


def join_tools(instructions: str, tools: Sequence[dict[str, Any]]) -> str:
    """A system message of instructions and OpenAI's `tools` (or their bare functions).

    Raises:
        KeyError, TypeError: a tool without a name.
    """
    functions = [tool.get("function", tool) for tool in tools]
    specs = {f["name"]: ToolSpec(f["name"], f.get("description") or "", f.get("parameters") or {}) for f in functions}
    return _HERMES.system(instructions, specs).removeprefix("" if instructions else "\n\n")


def split_tools(text: str) -> tuple[str, list[dict[str, Any]]] | None:
    """The instructions and the `tools` of a system message."""
    whole = text if _TOOLS_HEAD in text else f"\n\n{text}"
    instructions, found, rest = whole.partition(_TOOLS_HEAD)
    if not found or not rest.endswith(_TOOLS_TAIL):
        return None
    try:
        tools = [json.loads(line) for line in rest.removesuffix(_TOOLS_TAIL).splitlines()]
        return (instructions, tools) if join_tools(instructions, tools) == text else None
    except (ValueError, KeyError, TypeError, AttributeError):  # not what `join_tools` writes
        return None


def _tool_call(function: dict[str, Any]) -> ToolCall:
    name, arguments = function["name"], function["arguments"]
    try:
        read = json.loads(arguments or "{}") if isinstance(arguments, str) else arguments
    except json.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise ValueError(f"the arguments of a call of {name} must be a JSON object, not {arguments!r}")
    return ToolCall(name, read)


def _with_blocks(content: str, calls: Sequence[ToolCall]) -> str:
    blocks = [_HERMES.write(call, "", {}) for call in calls]
    return "\n".join([content, *blocks] if content else blocks)
