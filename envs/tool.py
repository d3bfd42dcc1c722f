"""`@tool`: a typed, documented method becomes something the model can call.

The signature is the JSON Schema, the docstring is the description (its first paragraph, and a `name: text` entry under
`Args:` per parameter), and both are checked when the class is created, not in the first episode.
"""

import inspect
import json
import re
from collections.abc import Callable
from typing import Any, get_type_hints

import pydantic

from envs.errors import ArgumentsError
from envs.types import ToolSpec

__all__ = ["Tool", "tool"]


class Tool:
    """A callable tool. `spec` is what the model sees; `call` checks the arguments and runs the method.

    Args:
        function: a method with a type hint on every parameter and a docstring.
        final: calling the tool ends the episode, which is then scored.

    Raises:
        TypeError: the docstring or a type hint is missing, or a parameter is positional-only or variadic.
    """

    def __init__(self, function: Callable[..., str], final: bool = False):
        self.function, self.final = function, final
        where = f"tool {function.__qualname__}"
        doc = inspect.getdoc(function)
        if not doc:
            raise TypeError(f"{where} needs a docstring: it is what the model reads about the tool")
        self.description, notes = _parse_docstring(doc)
        hints = get_type_hints(function, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        model_fields = {}
        for p in parameters:
            if p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
                raise TypeError(f"{where}: parameter {p.name!r} must be an ordinary named parameter")
            if p.name not in hints:
                raise TypeError(f"{where}: parameter {p.name!r} needs a type hint, it becomes the JSON Schema")
            default = ... if p.default is p.empty else p.default
            # Numbered fields with an alias: a parameter called `json` or `copy` would shadow pydantic's own.
            described = pydantic.Field(default, alias=p.name, description=notes.get(p.name))
            model_fields[f"p{len(model_fields)}"] = (hints[p.name], described)
        if unknown := notes.keys() - {p.name for p in parameters}:
            raise TypeError(f"{where}: the docstring describes {sorted(unknown)}, which are not parameters")
        config = pydantic.ConfigDict(extra="forbid", strict=True)
        self.model = pydantic.create_model(function.__name__, __config__=config, **model_fields)
        self.spec = ToolSpec(function.__name__, self.description, _plain(self.model.model_json_schema()))

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments as the method takes them.

        Raises:
            ArgumentsError: they do not fit the schema; the text names what is wrong, and the parameters.
        """
        try:
            # As JSON: strict, and yet a string becomes the enum or the date that the method asks for.
            checked = self.model.model_validate_json(json.dumps(arguments))
        except pydantic.ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors()[:3])
            takes = ", ".join(self.spec.parameters["properties"]) or "no arguments"
            raise ArgumentsError(f"Wrong arguments for {self.spec.name}: {wrong}. It takes: {takes}.") from None
        return {info.alias: getattr(checked, name) for name, info in type(checked).model_fields.items()}

    def call(self, owner, arguments: dict[str, Any]) -> str:
        """Check `arguments` and run the method on `owner`."""
        return self.function(owner, **self.check(arguments))

    def __get__(self, owner, owner_type=None):
        return self if owner is None else self.function.__get__(owner)


def tool(function: Callable[..., str] | None = None, *, final: bool = False):
    """Mark a method of an `AgentEnv` as a tool: `@tool`, or `@tool(final=True)` for one that ends the episode."""
    return Tool(function, final) if function else lambda f: Tool(f, final)


def _parse_docstring(doc: str) -> tuple[str, dict[str, str]]:
    """Split a Google-style docstring into the first paragraph and {parameter: description}."""
    first, _, rest = doc.partition("\n\n")
    notes = {}
    if section := re.search(r"^Args:\n((?:[ \t]+.*\n?)+)", rest, re.MULTILINE):
        indent = re.match(r"[ \t]+", section[1])[0]
        entries = re.findall(rf"^{indent}(\w+):(.*(?:\n{indent}[ \t].*)*)", section[1], re.MULTILINE)
        notes = {name: " ".join(text.split()) for name, text in entries}
    return " ".join(first.split()), notes


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what pydantic adds for its own use and a model need not read: generated titles, defaults of null."""
    defs = schema.pop("$defs", {})

    def clean(node):
        if isinstance(node, list):
            return [clean(n) for n in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            beside = {k: v for k, v in node.items() if k != "$ref"}
            return clean(defs[node["$ref"].rsplit("/", 1)[1]] | beside)
        kept = {k: v for k, v in node.items() if k != "title" or not isinstance(v, str)}
        properties = kept.pop("properties", None)
        noise, values = (("default", None), ("additionalProperties", False)), ("default", "const", "enum")
        kept = {k: v if k in values else clean(v) for k, v in kept.items() if (k, v) not in noise}
        if properties is not None:
            kept["properties"] = {name: clean(value) for name, value in properties.items()}
        return kept

    plain = clean(schema)
    plain.pop("description", None)
    return {"type": "object", "properties": {}, **plain}
