"""`DbEnv`: questions about a SQLite database, and changes to it."""

from typing import Any

from envs.core import AgentEnv
from envs.db import expert
from envs.db.database import Database, Result, quoted
from envs.db.grade import answers_match
from envs.db.source import image
from envs.db.tasks import ENV_ID, generated_tasks
from envs.errors import UsageError
from envs.tool import tool
from envs.types import Generated, Task

__all__ = ["DbEnv"]


class DbEnv(AgentEnv):
    """A fresh database per task. A question is graded on the values answered, a change on the whole final database.

    Neither is right when the database differs from what it should be in any row: a question leaves it as it was.
    """

    id = ENV_ID
    licence = "Apache-2.0"
    instructions = (
        "You work with a SQLite database. Answer the question, or make the change that is asked for. "
        "Look at the tables first. End with answer: a list of the values found (a list of lists if several values "
        "belong together), or an empty list after a change."
    )
    max_turns = 12
    max_observation = 1200

    _database: Database | None = None

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return generated_tasks(split)

    def setup(self, task: Task) -> None:
        needed = {"gold", "write", "ordered"} | (set() if task.reference else {"steps"})
        if missing := needed - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        self.close()
        try:
            self._image = image(task.data)
        except UsageError as error:
            raise UsageError(f"task {task.id} of {self.id}: {error}") from None
        self._database = self._fresh()
        self._result: Result | None = None
        self._answer: list[Any] | None = None

    def close(self) -> None:
        if self._database:
            self._database.close()

    @tool
    def tables(self) -> str:
        """List the tables with their columns and numbers of rows."""
        names = self._database.run("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return "\n".join(self._describe(name) for (name,) in names.rows) or "There are no tables."

    @tool
    def sql(self, query: str) -> str:
        """Run one SQL statement and show its result."""
        self._result = self._database.run(query)
        return self._database.render(self._result)

    @tool(final=True)
    def answer(self, values: list[Any]) -> str:
        """Give the answer and end the task."""
        self._answer = values
        return "Answered."

    def score(self) -> float:
        data, gold = self.task.data, self._fresh()
        try:
            rows = [gold.run(statement).rows for statement in data["gold"]][-1]
            as_it_should_be = self._database.state_hash() == gold.state_hash()
        finally:
            gold.close()
        answered = self._answer is not None and (data["write"] or answers_match(self._answer, rows, data["ordered"]))
        return float(answered and as_it_should_be)

    def solve(self):
        return expert.solve(self.task, lambda: self._result)

    def state_key(self) -> str:
        return self._database.state_hash() + ("" if self._answer is None else "/answered")

    def _fresh(self) -> Database:
        return Database.from_bytes(self._image)

    def _describe(self, name: str) -> str:
        ((count,),) = self._database.run(f"SELECT COUNT(*) FROM {quoted(name)}").rows
        points_to = {row[3]: f"-> {row[2]}.{row[4]}" for row in self._run_pragma("foreign_key_list", name)}
        columns = [
            f"{row[1]} {points_to.get(row[1], row[2].lower())}".rstrip() for row in self._run_pragma("table_info", name)
        ]
        return f"{name} ({count} rows): {', '.join(columns)}"

    def _run_pragma(self, pragma: str, table: str) -> list[tuple]:
        return self._database.run(f"PRAGMA {pragma}({quoted(table)})").rows
