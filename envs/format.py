"""Action formats: how a model writes a thought and a tool call as text, and how it is told to.

Two are built in. `react` is AgentTuning's Thought/Action, short enough for a 2k context. `hermes` is the `<tool_call>`
JSON that the chat templates of Qwen 2.5 and the Hermes models produce: a model tuned on tool use meets what it knows.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping

from envs.errors import FormatError, UsageError, did_you_mean
from envs.types import ToolCall, ToolSpec

__all__ = ["FORMATS", "ActionFormat", "Hermes", "React", "get_format"]

Tools = Mapping[str, ToolSpec]


class ActionFormat(ABC):
    """A written form of actions. Stateless; `parse(write(call, thought, tools), tools) == (thought, call)`."""

    name: str

    @abstractmethod
    def system(self, instructions: str, tools: Tools) -> str:
        """The system prompt: the world's instructions, its tools, and how to write an action."""

    @abstractmethod
    def parse(self, text: str, tools: Tools) -> tuple[str, ToolCall]:
        """Read the assistant's whole message.

        Nothing is repaired and whether the tool exists is not checked here.

        Raises:
            FormatError: says what is wrong and what would be right.
        """

    @abstractmethod
    def write(self, call: ToolCall, thought: str, tools: Tools) -> str:
        """Write an action as the assistant's message.

        Raises:
            ValueError: the thought contains this format's own markers and could not be read back.
        """

    @abstractmethod
    def observe(self, text: str) -> str:
        """Wrap what the environment says into the next user message."""


class React(ActionFormat):
    """`Thought: ...`, then `Action: NAME`, then the argument on the lines below.

    The argument is raw text to the end of the message for a tool with one string parameter (no escaping of SQL or
    shell), nothing for a tool without parameters, and one JSON object otherwise.
    """

    name = "react"
    _MESSAGE = re.compile(r"\s*Thought:[ ]?(?P<thought>.*?)\nAction:(?P<name>[^\n]*)(?:\n(?P<argument>.*))?", re.S)

    def system(self, instructions, tools):
        lines = [f"{_signature(spec)}: {spec.description}" for spec in tools.values()]
        raw = [spec.name for spec in tools.values() if spec.raw_parameter]
        argument = "one JSON object with the arguments"
        if raw:
            argument = f"the argument as plain text ({', '.join(raw)}) or one JSON object (other tools)"
        if len(raw) == len(tools):
            argument = "the argument as plain text"
        reply = f"Thought: one sentence of reasoning\nAction: tool name\n{argument}"
        return f"{instructions}\n\nTools:\n" + "\n".join(lines) + f"\n\nAnswer every message in this form:\n{reply}"

    def parse(self, text, tools):
        match = self._MESSAGE.fullmatch(text)
        if not match:
            missing = "'Thought:'" if not text.lstrip().startswith("Thought:") else "a line 'Action: tool name'"
            raise FormatError(
                f"No action was found: {missing} is missing. Write 'Thought: ...', then 'Action: tool name'."
            )
        thought, name, argument = match["thought"], match["name"].strip(" "), match["argument"]
        spec = tools.get(name)
        if spec and spec.raw_parameter and (argument is not None or spec.parameters.get("required")):
            if argument is None:
                raise FormatError(f"The action {name} has no argument. Write it on the line below 'Action: {name}'.")
            return thought, ToolCall(name, {spec.raw_parameter: argument})
        if argument is None or not argument.strip():
            return thought, ToolCall(name)
        if spec is None:
            return thought, ToolCall(name, {"text": argument})
        return thought, ToolCall(name, _json_object(argument, f"The argument of {name}"))

    def write(self, call, thought, tools):
        if "\nAction:" in thought:
            raise ValueError(f"a react thought may not contain a line that starts with 'Action:': {thought!r}")
        head = f"Thought: {thought}\nAction: {call.name}"
        spec = tools.get(call.name)
        if spec and spec.raw_parameter and list(call.arguments) == [spec.raw_parameter]:
            return f"{head}\n{call.arguments[spec.raw_parameter]}"
        return f"{head}\n{json.dumps(call.arguments, ensure_ascii=False)}" if call.arguments else head

    def observe(self, text):
        return f"Observation: {text}"


class Hermes(ActionFormat):
    """Free text, then `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`, as Qwen 2.5's template has it."""

    name = "hermes"

    def system(self, instructions, tools):
        functions = "\n".join(
            json.dumps({"type": "function", "function": _function(spec)}, ensure_ascii=False) for spec in tools.values()
        )
        return (
            f"{instructions}\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
            "You are provided with function signatures within <tools></tools> XML tags:\n"
            f"<tools>\n{functions}\n</tools>\n\n"
            "For each function call, return a json object with function name and arguments within "
            "<tool_call></tool_call> XML tags:\n<tool_call>\n"
            '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
        )

    def parse(self, text, tools):
        # Found by partition: a regular expression takes cubic time on a message that ends in white space.
        thought, opening, rest = text.partition("<tool_call>")
        body, closing, after = rest.rpartition("</tool_call>")
        if not opening or "<tool_call>" in rest:
            problem = f"Expected one call, found {text.count('<tool_call>')}."
        elif not closing:
            problem = "The call is not closed."
        else:
            problem = "There is text after the call." if after.strip() else ""
        if problem:
            example = '<tool_call>{"name": ..., "arguments": {...}}</tool_call>'
            raise FormatError(f"{problem} End the message with {example}.")
        call = _json_object(body.strip(), "The tool call")
        if call.keys() != {"name", "arguments"} or not isinstance(call["name"], str):
            raise FormatError(f"The tool call needs the keys name and arguments, found {sorted(call)}.")
        if not isinstance(call["arguments"], dict):
            raise FormatError("The tool call's arguments must be a JSON object.")
        return thought.removesuffix("\n"), ToolCall(call["name"], call["arguments"])

    def write(self, call, thought, tools):
        if "<tool_call>" in thought:
            raise ValueError(f"a hermes thought may not contain <tool_call>: {thought!r}")
        # Escaped in JSON strings, so that an argument that contains the closing tag is read back whole.
        body = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
        body = body.replace("<tool_call>", "\\u003ctool_call>").replace("</tool_call>", "\\u003c/tool_call>")
        return f"{thought}\n<tool_call>\n{body}\n</tool_call>" if thought else f"<tool_call>\n{body}\n</tool_call>"

    def observe(self, text):
        return f"<tool_response>\n{text}\n</tool_response>"


FORMATS: dict[str, ActionFormat] = {"react": React(), "hermes": Hermes()}


def get_format(name: str) -> ActionFormat:
    """Look a format up by name.

    Raises:
        UsageError: no such format.
    """
    if name not in FORMATS:
        raise UsageError(f"no action format {name!r}.{did_you_mean(name, FORMATS)} Known: {', '.join(FORMATS)}")
    return FORMATS[name]


def _signature(spec: ToolSpec) -> str:
    """A tool as one line: `book(flight: string, seats: integer = 1, meal?: string)`."""
    required = spec.parameters.get("required", [])

    def one(name, schema):
        if name not in required and schema.get("default") is None:
            return f"{name}?: {_type_word(schema).removesuffix('|null')}"
        default = "" if name in required else f" = {json.dumps(schema.get('default'), ensure_ascii=False)}"
        return f"{name}: {_type_word(schema)}{default}"

    return f"{spec.name}({', '.join(one(n, s) for n, s in spec.parameters.get('properties', {}).items())})"


def _type_word(schema: dict) -> str:
    if "enum" in schema:
        return "|".join(json.dumps(v, ensure_ascii=False) for v in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "anyOf" in schema:
        return "|".join(_type_word(s) for s in schema["anyOf"])
    if schema.get("type") == "array":
        items = _type_word(schema.get("items", {}))
        return "list" if items == "any" else f"list[{items}]"
    if schema.get("type") == "object" and schema.get("properties"):
        optional = schema["properties"].keys() - schema.get("required", [])
        members = (f"{n}{'?' * (n in optional)}: {_type_word(s)}" for n, s in schema["properties"].items())
        return "{" + ", ".join(members) + "}"
    return schema.get("type", "any")


def _function(spec: ToolSpec) -> dict:
    return {"name": spec.name, "description": spec.description, "parameters": spec.parameters}


def _json_object(text: str, what: str) -> dict:
    try:
        value = json.loads(text)
        # Python reads NaN and escaped unpaired surrogates, which no tool, database or server can take.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{what} must be one JSON object: {error}.") from None
    if not isinstance(value, dict):
        raise FormatError(f"{what} must be one JSON object, not a {type(value).__name__}.")
    return value
