"""`ApiEnv`: somebody's services, behind typed tools, with rules to obey and a user to ask."""

import hashlib
from dataclasses import asdict

from envs.api.grade import Record, problems, violations
from envs.api.services import ALL_TOOLS
from envs.api.session import Session
from envs.api.tasks import ENV_ID, check_data, generated_tasks
from envs.api.user import ScriptedUser
from envs.core import AgentEnv
from envs.tool import Tool, tool
from envs.types import Generated, Task, ToolCall, canonical_json

__all__ = ["ApiEnv"]


class ApiEnv(AgentEnv):
    """Act for a user with the tools of their services.

    Graded on the final state of all services (anything changed that should not be fails), on what the closing words
    must say, and on the user's consent where the rules ask for it.
    """

    id = ENV_ID
    licence = "Apache-2.0"
    instructions = (
        "You act for a user through the tools below and obey the rules you are given. Look ids up, never guess them. "
        "End with answer, or with decline if a rule forbids it (name the rule) or no tool can do it."
    )
    max_turns = 20
    max_observation = 1200

    _session: Session | None = None

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return generated_tasks(split)

    def tools_of(self, task: Task) -> dict[str, Tool]:
        """The services' tools that the task names, and those that every episode has.

        Raises:
            UsageError: the task's data lack something, or name a service or a tool that is not there.
        """
        check_data(task)
        return {name: ALL_TOOLS[name] for name in task.data["tools"]} | type(self).tools

    def setup(self, task: Task) -> str:
        self.close()
        data = task.data
        self._session = Session(data["world"], data["faults"])
        self._user = ScriptedUser(**data["user"])
        self._record = Record()
        world = self._session.world
        lines = [f"It is {world.now:%A %Y-%m-%d, %H:%M}. The user is {world.me.name} <{world.me.email}>."]
        return "\n".join(lines + (["Rules:", *data["rules"]] if data["rules"] else []))

    def close(self) -> None:
        if self._session:
            self._session.close()
            self._session = None

    def run_tool(self, call: ToolCall) -> str:
        if call.name not in self.tools or call.name not in ALL_TOOLS:
            return super().run_tool(call)
        said = self._session.call(call.name, call.arguments)
        self._record.calls.append((call.name, len(self._user.shown)))
        return said

    @tool
    def ask_user(self, question: str) -> str:
        """Ask the user for something you need and cannot look up."""
        return f"User: {self._user.reply(question)}"

    @tool
    def confirm_with_user(self, summary: str) -> str:
        """Show the user what you are about to do, with its particulars, and hear whether they agree."""
        return f"User: {self._user.confirm(summary)}"

    @tool(final=True)
    def answer(self, text: str) -> str:
        """Tell the user the result and end."""
        self._record.end = ("answer", text)
        return "Sent."

    @tool(final=True)
    def decline(self, reason: str) -> str:
        """Tell the user why it will not be done and end."""
        self._record.end = ("decline", reason)
        return "Sent."

    def score(self) -> float:
        return float(not self.problems())

    def problems(self) -> list[str]:
        """Why the episode, as it stands, is not a success: one sentence each."""
        return problems(self.task.data, self._session, self._user, self._record)

    def violations(self) -> list[str]:
        return violations(self.task.data, self._session, self._user, self._record)

    def solve(self):
        for step in self.task.data["steps"]:
            yield step["thought"], ToolCall(step["tool"], step["arguments"])

    def state_key(self) -> str:
        state = [self._session.rows(), self._user.asked, self._user.shown, asdict(self._record)]
        return hashlib.sha256(canonical_json(state).encode()).hexdigest()[:16]
