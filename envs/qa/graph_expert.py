"""The expert of the knowledge graph: it looks at relations, follows them, and answers with a variable."""

import random
import re

from envs.core import Solution
from envs.qa.schema import KINDS
from envs.qa.thoughts import GRAPH
from envs.qa.world import get_world
from envs.types import Task, ToolCall

__all__ = ["solve"]

_TOOLS = {"max": "argmax", "min": "argmin"}


def solve(task: Task) -> Solution:
    """Play a task of `QaGraphEnv`, one step of its plan after the other."""
    rng = random.Random(task.id)
    facts = get_world(task.data["world"]).facts
    kinds: list[str] = []
    variable = ""
    for operation, first, *rest in task.data["plan"]:
        kind = kinds[int(first[1:])] if first.startswith("#") else facts[first].kind
        if operation == "get":
            relation = KINDS[kind].relation(rest[0])
            words = {"variable": first, "relation": rest[0], "need": relation.phrase.format(x=first)}
            seen = yield rng.choice(GRAPH["relations"]).format(**words), ToolCall("get_relations", {"variable": first})
            assert rest[0] in seen.split(", ")
            call = ToolCall("get_neighbors", {"variable": first, "relation": rest[0]})
            shown = yield rng.choice(GRAPH["neighbors"]).format(**words), call
            kind = relation.of
        elif operation == "both":
            call = ToolCall("intersection", {"a": first, "b": rest[0]})
            shown = yield rng.choice(GRAPH["both"]).format(a=first, b=rest[0]), call
        elif operation == "count":
            call = ToolCall("count", {"variable": first})
            shown = yield rng.choice(GRAPH["count"]).format(variable=first), call
            kind = "number"
        else:
            words = {"variable": first, "attribute": rest[0]}
            call = ToolCall("get_attributes", {"variable": first})
            seen = yield rng.choice(GRAPH["attributes"]).format(**words), call
            assert rest[0] in seen.split(", ")
            call = ToolCall(_TOOLS[operation], {"variable": first, "attribute": rest[0]})
            shown = yield rng.choice(GRAPH[operation]).format(**words), call
        kinds.append(kind)
        variable = re.match(r"#\d+", shown)[0]
    yield rng.choice(GRAPH["answer"]).format(variable=variable), ToolCall("answer", {"variable": variable})
