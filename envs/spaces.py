"""Gymnasium spaces for language. `gymnasium.spaces.Text` insists on an alphabet and a length, which text has not."""

from typing import Any

import gymnasium

from envs.types import ToolCall

__all__ = ["ActionText", "Text"]


class Text(gymnasium.Space[str]):
    """Any Unicode text. `sample` gives a few random words."""

    WORDS = [
        "yes",
        "no",
        "all",
        "name",
        "none",
        "zero",
        "first",
        "last",
        "0",
        "1",
        "7",
        "-3",
        "2.5",
        "2024-01-01",
        "*",
        "%",
        "''",
        '"',
        "\\",
        ";",
        "é",
        "北",
        "\n",
    ]

    def __init__(self, seed: int | None = None):
        super().__init__(None, str, seed)

    def contains(self, x: Any) -> bool:
        return isinstance(x, str)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        words = self._words()
        return " ".join(words[i] for i in self.np_random.integers(len(words), size=self.np_random.integers(1, 4)))

    def _words(self) -> list[str]:
        return self.WORDS

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)


class ActionText(Text):
    """Actions of one environment: `sample` writes a random well-formed call, its words taken from the prompt.

    This is the `random` policy and the fuzzer of `envs.testing.check_env`: arguments follow the tool's JSON Schema.
    """

    def __init__(self, env, seed: int | None = None):
        super().__init__(seed)
        self._env = env

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        specs = list(self._env.specs.values())
        spec = specs[self.np_random.integers(len(specs))]
        return self._env.write(ToolCall(spec.name, self._value(spec.parameters)), "I try something.")

    def _words(self) -> list[str]:
        return self.WORDS + (self._env.task.prompt.split() if self._env.task else [])

    def _value(self, schema: dict[str, Any], depth: int = 0) -> Any:
        if "enum" in schema or "const" in schema:
            values = schema.get("enum", [schema.get("const")])
            return values[self.np_random.integers(len(values))]
        if "anyOf" in schema:
            return self._value(schema["anyOf"][self.np_random.integers(len(schema["anyOf"]))], depth)
        match schema.get("type"):
            case "string":
                return Text.sample(self)
            case "integer":
                return int(self.np_random.integers(-2, 100))
            case "number":
                return round(float(self.np_random.normal(0, 100)), 2)
            case "boolean":
                return bool(self.np_random.integers(2))
            case "null":
                return None
            case "array":
                size = self.np_random.integers(0, 3 if depth < 3 else 1)
                return [self._value(schema.get("items", {}), depth + 1) for _ in range(size)]
            case "object":
                required = schema.get("required", [])
                chosen = schema.get("properties", {}).items()
                return {n: self._value(s, depth + 1) for n, s in chosen if n in required or self.np_random.integers(2)}
        return Text.sample(self)
