"""What a service is made of: tables, records to begin with, and tools."""

import json
from typing import Any, ClassVar

from envs.api.world import World

__all__ = ["Service", "show"]


class Service:
    """A set of tools over tables of a world. Services are mixed into one class, so every tool's name is unique.

    A tool reads and changes `self.world.state` and nothing else. It answers with records as JSON, one on a line, or
    with one sentence, and raises `ToolError` for what the service does not allow: the text says what would be right.
    """

    world: World
    tables: ClassVar[dict[str, tuple[str, tuple[str, ...]]]]
    """{table: (prefix of its ids, columns as `State.create` takes them)}"""
    free: ClassVar[dict[str, set[str]]] = {}
    """{table: columns in which the model writes as it likes}; a grader looks in them for what must be said."""

    @classmethod
    def fill(cls, world: World) -> None:
        """Insert the records that are there at the start."""
        raise NotImplementedError


def show(*rows: dict[str, Any], empty: str = "Nothing found.") -> str:
    """Records as JSON, one on a line, without what is None."""
    lines = [json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False) for row in rows]
    return "\n".join(lines) or empty
