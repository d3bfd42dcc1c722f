"""`OsEnv`: questions about a Linux box, and changes to its files and processes."""

import hashlib
from typing import Any

from envs.core import AgentEnv
from envs.sandbox import Entry, Sandbox, open_sandbox
from envs.shell import expert
from envs.shell.grade import answer_matches
from envs.shell.jobs import jobs_match, start_jobs
from envs.shell.observe import describe
from envs.shell.state import state_matches, state_of
from envs.shell.tasks import ENV_ID, check_data, generated_tasks, tree_of
from envs.shell.tree import Tree
from envs.tool import tool
from envs.types import Generated, Task, canonical_json

__all__ = ["OsEnv"]

READY = 4
"""Boxes that a process keeps ready, so that a reset need not wait for one."""


class OsEnv(AgentEnv):
    """A fresh sandbox per task. A question is graded on its answer, a change on every file and process of the box.

    Neither is right when anything else than what was asked for has changed: a question leaves the box as it was.

    Args:
        sandbox: backend of the boxes, see `envs.sandbox.open_sandbox`.
        options: as for `AgentEnv`.
    """

    id = ENV_ID
    licence = "Apache-2.0"
    instructions = (
        "You are at a Linux shell as user, in /home/user, without a network. Answer the question, or make the change "
        "that is asked for and nothing else. The shell keeps its folder and variables between commands. End with "
        "answer, giving the value alone (several: one a line), or with finish after a change."
    )
    max_turns = 12
    max_observation = 1200

    _box: Sandbox | None = None

    def __init__(self, sandbox: str = "auto", **options: Any):
        super().__init__(**options)
        self._backend = sandbox

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return generated_tasks(split)

    def setup(self, task: Task) -> None:
        check_data(task)
        self.close()
        self._tree: Tree = tree_of(task.data)
        self._answer: str | None = None
        self._box = open_sandbox(self._backend, ready=READY)
        self._box.write(self._tree.files)
        start_jobs(self._box, task.data.get("jobs", {}))
        self._before: dict[str, Entry] = state_of(self._box, self._tree)

    def close(self) -> None:
        if self._box:
            self._box.close()
            self._box = None

    @tool
    def bash(self, command: str) -> str:
        """Run a command."""
        return describe(self._box.run(command), self._box.limits.seconds)

    @tool(final=True)
    def answer(self, text: str) -> str:
        """Give the answer and end the task."""
        self._answer = text
        return "Answered."

    @tool(final=True)
    def finish(self) -> str:
        """End the task after a change."""
        return "Finished."

    def score(self) -> float:
        data = self.task.data
        wanted = data.get("answer")
        answered = not wanted or (self._answer is not None and answer_matches(self._answer, wanted))
        return float(
            answered
            and jobs_match(self._box, data.get("jobs", {}), data.get("stopped", ()), data.get("started", ()))
            and state_matches(self._box, self._before, self._tree, data.get("changes", {}))
        )

    def solve(self):
        return expert.solve(self.task)

    def state_key(self) -> str:
        state = {path: vars(entry) for path, entry in state_of(self._box, self._tree).items()}
        return hashlib.sha256(canonical_json([state, self._answer]).encode()).hexdigest()[:16]
