"""Native tool calls: what `--policy MODEL?tools=native` sends a server, and what the call it answers with becomes.

The record stays canonical. Its system message lists the tools as text and its actions are text in the environment's
format, since that is what a student will be trained on; the store, the filters and the trainer know no other form. What
the server is sent is a translation, a function of the record alone:

    in the record                                  in the request
    the system message                             the world's instructions; the tools in `tools`
    a message that reads as a call of a tool       the thought as `content`, the call in `tool_calls`
    the observation that follows it                a `tool` message, without the format's wrapping
    any other message, and what the world said     the same text

and the answer is translated back by `action`, so that the next request says again what the model wrote.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from envs.core import AgentEnv
from envs.errors import FormatError, UsageError
from envs.types import Message, ToolCall, ToolSpec
from rollout.policy import Episode

__all__ = ["action", "request"]

_MANNER = "Before each tool call, say in one sentence why you make it. Call one tool at a time."
_ENDED = "The task has ended."
"""The result of a demonstration's last call, whose observation nobody was shown: servers want one for each call."""
_STRICT = {"type", "description", "properties", "required", "items", "anyOf", "enum", "const", "minimum", "maximum"}
_STRICT |= {"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "pattern", "format"}
"""The words of JSON Schema that OpenAI's strict mode knows, see its guide "Structured model outputs"."""


def request(episode: Episode, body: Mapping[str, Any]) -> dict[str, Any]:
    """The request `body` with the episode's messages in native form, and its tools.

    Raises:
        UsageError: two tools whose names differ only in characters that servers refuse.
    """
    env = episode.env
    tools = [_tool(name, env.specs[known]) for name, known in _names(env.specs).items()]
    messages = list(_messages(env, episode.messages))
    return {**body, "messages": messages, "tools": tools, "parallel_tool_calls": False}


def action(env: AgentEnv, name: str, arguments: str, thought: str) -> str:
    """A native call as the assistant's message in the format of `env`, such that it reads as the same call.

    A call that cannot be one in this format (its arguments are no JSON object, or not the one string of a tool that
    takes plain text) becomes a message that no format reads, with the call as the model wrote it: the model's mistake.
    A thought that contains the format's own markers is left out.

    Args:
        env: the environment in its episode.
        name: of the tool, as the server knows it.
        arguments: JSON as text; none at all for a call without arguments.
        thought: the content beside the call.
    """
    name, written = _names(env.specs).get(name, name), arguments or "{}"
    try:
        env.write(ToolCall("any"), thought)
    except ValueError:
        thought = ""
    try:
        call = ToolCall(name, _object(written))
        text = env.write(call, thought)
        said, meant = env.format.parse(text, env.specs)
        if said == thought and (meant == call or meant.name == call.name not in env.specs):
            return text
    except (ValueError, FormatError, RecursionError):
        pass
    block = f"<tool_call>\n{json.dumps({'name': name, 'arguments': written}, ensure_ascii=False)}\n</tool_call>"
    return f"{thought}\n{block}" if thought else block


def _messages(env: AgentEnv, recorded: Iterable[Message]) -> Iterator[dict[str, Any]]:
    before, after = env.format.observe("\0").split("\0")
    names = {known: name for name, known in _names(env.specs).items()}
    calls, waiting = 0, False  # whether the last call has no result yet
    for message in recorded:
        role, content = message["role"], message["content"]
        if role == "system":
            yield {"role": "system", "content": f"{env.instructions}\n\n{_MANNER}"}
        elif role == "assistant":
            thought, call = _read(env, content)
            waiting = call is not None
            if call is None:
                yield {"role": "assistant", "content": content}
                continue
            calls += 1
            function = {"name": names[call.name], "arguments": json.dumps(call.arguments, ensure_ascii=False)}
            tool_call = {"id": _identity(calls), "type": "function", "function": function}
            yield {"role": "assistant", "content": thought, "tool_calls": [tool_call]}
        else:
            observed = content.startswith(before) and content.endswith(after)
            if waiting:
                said = content.removeprefix(before).removesuffix(after) if observed else _ENDED
                yield {"role": "tool", "tool_call_id": _identity(calls), "content": said}
            if not waiting or not observed:
                yield {"role": "user", "content": content}
            waiting = False


def _read(env: AgentEnv, text: str) -> tuple[str, ToolCall | None]:
    try:
        thought, call = env.format.parse(text, env.specs)
    except FormatError:
        return "", None
    return thought, call if call.name in env.specs else None


def _identity(number: int) -> str:
    """The id of a call: nine letters and digits, which is all that Mistral's servers take."""
    return f"call{number:05d}"


def _names(specs: Mapping[str, ToolSpec]) -> dict[str, str]:
    """The tools' names by those that servers take: letters, digits, _ and -, at most 64 of them."""
    names = {re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]: name for name in specs}
    if len(names) < len(specs):
        missing = ", ".join(sorted(specs.keys() - names.values()))
        raise UsageError(f"?tools=native cannot tell {missing} from other tools: servers take letters, digits, _ and -")
    return names


def _tool(name: str, spec: ToolSpec) -> dict[str, Any]:
    """A tool as OpenAI has it, strict where its schema allows: else servers do not hold the model to it."""
    function = {"name": name, "description": spec.description, "parameters": spec.parameters}
    with contextlib.suppress(ValueError):  # an optional parameter, a value of any type, ...
        function |= {"parameters": _closed(spec.parameters), "strict": True}
    return {"type": "function", "function": function}


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema in which every object is closed and every property required.

    Raises:
        ValueError: it allows more than that.
    """
    kind, properties = schema.get("type"), schema.get("properties")
    if schema.keys() - _STRICT or not schema.keys() & {"type", "anyOf", "enum", "const"}:
        raise ValueError(f"not strict: {sorted(schema)}")
    closed = dict(schema)
    if kind == "object":
        if properties is None or properties.keys() != set(schema.get("required", [])):
            raise ValueError("not strict: a property may be left out")
        members = {name: _closed(member) for name, member in properties.items()}
        closed |= {"properties": members, "required": list(members), "additionalProperties": False}
    if kind == "array":
        closed["items"] = _closed(schema.get("items", {}))
    if "anyOf" in schema:
        closed["anyOf"] = [_closed(option) for option in schema["anyOf"]]
    return closed


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"not an object: {text!r}")
    return value
