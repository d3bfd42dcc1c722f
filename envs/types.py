"""The nouns that every floor shares: messages, tools, calls and tasks. Plain data, no behaviour to speak of."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypedDict

from envs.errors import UsageError

__all__ = ["SPLITS", "Generated", "Message", "Task", "ToolCall", "ToolSpec", "canonical_json"]

SPLITS = ("train", "explore", "dev", "test", "novel")


class Message(TypedDict):
    """One turn of a conversation, as an OpenAI-compatible server takes it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model sees it: OpenAI's function form, `parameters` being a JSON Schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]

    @property
    def raw_parameter(self) -> str | None:
        """The name of the only parameter when it is a plain string (SQL, bash, an answer), else None."""
        properties = self.parameters.get("properties", {})
        if len(properties) == 1:
            ((name, schema),) = properties.items()
            if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
                return name
        return None


@dataclass(frozen=True)
class ToolCall:
    """One action: the tool's name and its arguments (JSON values)."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One thing to do in one environment. Immutable; it survives a trip through one line of JSON.

    Args:
        env: versioned id of the environment, e.g. `AgentTuning/Db-v0`.
        prompt: what the agent is asked, the first user message.
        data: JSON values from which the environment builds the world and grades it. The agent never sees them.
        split: one of `SPLITS`.
        difficulty: 1 (one or two calls) to 5.
        template: the family the task was made from; the cluster of clustered statistics.
        reference: tool calls that solve the task, played by the expert; for tasks that come from a file.
        id: content hash of env, prompt and data unless given.

    Raises:
        UsageError: a field is missing or out of range; names the field and what would be right.
    """

    env: str
    prompt: str
    data: dict[str, Any] = field(default_factory=dict)
    split: str = "train"
    difficulty: int = 1
    template: str = ""
    reference: tuple[ToolCall, ...] = ()
    id: str = ""

    def __post_init__(self):
        if not self.prompt or not isinstance(self.prompt, str):
            raise UsageError(f"a task's prompt must be a non-empty string, not {self.prompt!r}")
        try:
            content = canonical_json([self.env, self.prompt, self.data]).encode()
        except (TypeError, UnicodeEncodeError) as error:
            raise UsageError(f"a task must be JSON and valid Unicode: {error}") from None
        if self.split not in SPLITS:
            raise UsageError(f"a task's split must be one of {', '.join(SPLITS)}, not {self.split!r}")
        if not isinstance(self.difficulty, int) or not 1 <= self.difficulty <= 5:
            raise UsageError(f"a task's difficulty must be a whole number from 1 to 5, not {self.difficulty!r}")
        calls = tuple(c if isinstance(c, ToolCall) else ToolCall(**c) for c in self.reference)
        object.__setattr__(self, "reference", calls)
        if not self.id:
            object.__setattr__(self, "id", hashlib.sha256(content).hexdigest()[:16])

    def __hash__(self):
        return hash(self.id)

    def to_json(self) -> str:
        """One line of JSON, the exact inverse of `from_json`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "Task":
        """Read a task from one line of JSON.

        Raises:
            UsageError: not a JSON object, an unknown key, or a bad field.
        """
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(f"a task must be one line of JSON: {error}") from None
        if not isinstance(row, dict):
            raise UsageError(f"a task must be a JSON object, not {type(row).__name__}")
        known = {f.name for f in fields(cls)}
        if unknown := sorted(row.keys() - known):
            raise UsageError(f"unknown task keys {unknown}; known are {sorted(known)}")
        if missing := sorted({"env", "prompt"} - row.keys()):
            raise UsageError(f"a task needs the keys {missing}")
        try:
            return cls(**row)
        except TypeError as error:
            raise UsageError(f"a task's reference must be a list of {{name, arguments}}: {error}") from None


class Generated(Sequence[Task]):
    """An endless, lazy sequence of tasks: `make(split, index)` is called when item `index` is asked for.

    `make` must depend on its two arguments alone, so that any two processes agree on task 17 of a split.
    """

    def __init__(self, make: Callable[[str, int], Task], split: str, length: int = 2**31 - 1):
        self.make, self.split, self.length = make, split, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.length))]
        if not -self.length <= index < self.length:
            raise IndexError(index)
        return self.make(self.split, index % self.length)


def canonical_json(value: Mapping | Sequence | Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text, for hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
