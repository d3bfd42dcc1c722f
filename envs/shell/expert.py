"""The expert of the shell world: it looks, acts, checks what it did, and answers what it saw."""

import random
import re

from envs.core import Solution
from envs.errors import UsageError
from envs.shell.thoughts import ANSWER_ONE, ANSWER_SEVERAL, DONE, THOUGHTS
from envs.types import Task, ToolCall

__all__ = ["solve"]


def solve(task: Task) -> Solution:
    """Play a task of `envs.shell.tasks`; what it answers and what its commands need, it takes from what it was shown.

    Raises:
        UsageError: the task has no steps.
    """
    if not task.data.get("steps"):
        raise UsageError(f"task {task.id} has neither a reference nor steps for the expert")
    rng = random.Random(task.id)
    found: dict[str, str] = {}
    for step in task.data["steps"]:
        thought = rng.choice(THOUGHTS[step["kind"]]).format(**step["words"] | found)
        seen = yield thought, ToolCall("bash", {"command": _fill(step["command"], found)})
        if step["save"]:
            found[step["save"]] = re.search(step["find"], seen, re.M)[1] if step["find"] else seen.strip()
    if not task.data.get("answer"):
        yield rng.choice(DONE), ToolCall("finish")
        return
    said = _fill(task.data["say"], found)
    lines = said.count("\n") + 1
    thought = rng.choice(ANSWER_SEVERAL).format(count=lines) if lines > 1 else rng.choice(ANSWER_ONE).format(value=said)
    yield thought, ToolCall("answer", {"text": said})


def _fill(text: str, found: dict[str, str]) -> str:
    return re.sub(r"«(\w+)»", lambda match: found[match[1]], text)
