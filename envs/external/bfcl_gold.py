"""One right answer out of BFCL's lists of acceptable values, written as its checker wants a model to write it."""

import json
from typing import Any

from envs.types import ToolCall

__all__ = ["example_call"]


def example_call(answer: dict[str, dict[str, list]], functions: list[dict[str, Any]], category: str) -> ToolCall:
    """The first acceptable value of each argument; one that may be left out (marked by an empty text) is, where it can.

    Args:
        answer: {function: {argument: acceptable values}}.
        functions: BFCL's descriptions.
        category: for Java and JavaScript the values are written as literals of the language, as BFCL wants them.
    """
    ((name, accepted),) = answer.items()
    (schema,) = (f["parameters"] for f in functions if f["name"] == name)
    arguments = {}
    for argument, values in accepted.items():
        declared, required = schema["properties"].get(argument), argument in schema.get("required", [])
        if declared is None or ("" in values and not required):
            continue
        value = _first([v for v in values if v != ""] or [""] if values else [[]])
        arguments[argument] = _literal(value, declared, category)
    return ToolCall(name, arguments)


def _first(values: list) -> Any:
    """The first acceptable value; each member of an object has acceptable values of its own."""
    value = values[0]
    if isinstance(value, list):
        return [_members(item) if isinstance(item, dict) else item for item in value]
    return _members(value) if isinstance(value, dict) else value


def _members(value: dict[str, list]) -> dict[str, Any]:
    return {key: accepted[0] for key, accepted in value.items() if accepted and accepted[0] != ""}


def _literal(value: Any, declared: dict[str, Any], category: str) -> Any:
    write = {"simple_java": _java, "simple_javascript": _javascript}.get(category)
    return write(value, declared["type"], declared.get("items", {}).get("type")) if write else value


def _java(value: Any, kind: str, nested: str | None = None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list):
        # BFCL's checker takes the quotes off in a list but not in an array.
        bare = kind == "Array" and nested
        items = ", ".join(_java(item, nested or "") if bare else _java_item(item, nested) for item in value)
        if kind == "ArrayList":
            return f"new ArrayList<>(Arrays.asList({items}))" if value else "new ArrayList<>()"
        return f"new Object[]{{{items}}}"
    if isinstance(value, dict):
        puts = " ".join(f"put({json.dumps(k)}, {_java_item(v)});" for k, v in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}" if value else "new HashMap<>()"
    return f"{value}{ {'long': 'L', 'float': 'f'}.get(kind, '') }"


def _java_item(item: Any, kind: str | None = None) -> str:
    return json.dumps(item, ensure_ascii=False) if isinstance(item, str) else _java(item, kind or "")


def _javascript(value: Any, kind: str, _: str | None = None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False)
    return f"{value}n" if kind == "Bigint" else f"{value}"
