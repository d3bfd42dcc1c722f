"""The expert of the SQL world: it looks at the tables, checks values, queries or changes, and answers what it saw."""

import random
import re
from collections.abc import Callable

from envs.core import Solution
from envs.db.database import Result
from envs.db.domains import DOMAINS
from envs.db.thoughts import ANSWER_ONE, ANSWER_SEVERAL, DONE, LOOK, THOUGHTS
from envs.types import Task, ToolCall

__all__ = ["solve"]


def solve(task: Task, last_result: Callable[[], Result]) -> Solution:
    """Play a task of `envs.db.tasks`.

    Args:
        task: its `data["steps"]` say which statements to run; ids that they need are taken from earlier results.
        last_result: gives the result that the last observation showed.
    """
    rng = random.Random(task.id)
    yield rng.choice(LOOK).format(many=_subject(task)), ToolCall("tables")
    found: dict[str, str] = {}
    for step in task.data["steps"]:
        thought = rng.choice(THOUGHTS[step["kind"]]).format(**step["words"], **found)
        yield thought, ToolCall("sql", {"query": step["sql"].format(**found)})
        if step["save"]:
            found[step["save"]] = str(last_result().rows[0][0])
    if task.data["write"]:
        yield rng.choice(DONE), ToolCall("answer", {"values": []})
        return
    rows = last_result().rows
    values = [row[0] if len(row) == 1 else list(row) for row in rows]
    yield _conclusion(rng, values), ToolCall("answer", {"values": values})


def _subject(task: Task) -> str:
    """What the first statement is about, as people call it: "customers"."""
    name = re.search(r"(?:FROM|INTO|UPDATE) (\w+)", task.data["gold"][0])[1]
    return DOMAINS[task.data["domain"]].table(name).many


def _conclusion(rng: random.Random, values: list) -> str:
    if len(values) == 1 and not isinstance(values[0], list):
        return rng.choice(ANSWER_ONE).format(value=values[0])
    if len(values) == 1:
        return rng.choice(ANSWER_ONE).format(value=" with ".join(map(str, values[0])))
    return rng.choice(ANSWER_SEVERAL).format(count=len(values))
