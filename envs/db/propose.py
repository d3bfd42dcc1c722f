"""`DbProposer`: the agent is shown a SQLite database and writes a task about it."""

import json
from collections.abc import Sequence
from contextlib import closing
from random import Random
from typing import Annotated, Any

from pydantic import Field

from envs.core import Solution
from envs.db.database import Database, quoted
from envs.db.domains import DOMAINS, SEEN
from envs.db.env import DbEnv
from envs.db.source import image
from envs.db.templates import SEEN_TEMPLATES
from envs.db.templates.base import Scene, Unfit
from envs.db.written import written_task
from envs.errors import WorldError
from envs.proof import Rejected
from envs.proposer import Proposer
from envs.tool import tool
from envs.types import Generated, Task, ToolCall

__all__ = ["DbProposer"]

EXAMPLES = 3
"""Tasks of the world shown with every database."""
ROWS = (16, 60)
"""Rows of a database, so few that most of it can be shown."""
SHOWN_ROWS = 4
"""Rows shown of each table."""

Request = Annotated[str, Field(min_length=10, max_length=600)]
Statements = Annotated[list[Annotated[str, Field(min_length=1, max_length=2000)]], Field(min_length=1, max_length=6)]


class DbProposer(Proposer):
    """Write a task for `db`: a request, SQL that meets it, and SQL that grades it. Kept when all of it is proved.

    The statements run behind the guard of the world, on copies of a database in memory, and nowhere else.
    """

    id = "AgentTuning/DbPropose-v0"
    instructions = (
        "You write tasks for an agent that works with a SQLite database: it lists the tables, runs SQL one statement "
        "at a time and answers with a list of values. You are shown a database and a few tasks about others. Write one "
        "new task about yours, as a person asks who knows no SQL: a question with one right answer of one to nine "
        "rows, or a change to the data. Make it unlike the examples, and let it need more than one table where you "
        "can. The solution is what the agent could run; the last rows it gives are its answer. The check says what is "
        "right, on a fresh copy: its last rows are the right answer, or it makes the right change. Write it in another "
        "way than the solution. Use ORDER BY only where the request asks for an order, and let no tie decide. There is "
        "no clock, no chance, no temporary table, no transaction."
    )
    world = DbEnv

    @classmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        return Generated(_occasion, split) if split == "train" else []

    @classmethod
    def draft(cls, occasion: Task, *, request: str, solution: list[str], check: list[str]) -> Task:
        source = {key: occasion.data[key] for key in ("domain", "seed", "rows")}
        return written_task(source, request, solution, check, "proposed")

    @tool(final=True)
    def propose(self, request: Request, solution: Statements, check: Statements) -> str:
        """Hand in the task.

        Args:
            request: what the agent is asked.
            solution: SQL statements that do it.
            check: SQL statements that say what is right.
        """
        return self.keep(request=request, solution=solution, check=check)

    def solve(self) -> Solution:
        """Propose one of the world's own questions about this database."""
        data, rng = self.task.data, Random(self.task.id)
        for template in rng.sample(SEEN_TEMPLATES, len(SEEN_TEMPLATES)):
            with closing(Scene(DOMAINS[data["domain"]], data["seed"], data["rows"], rng)) as scene:
                try:
                    draft = template.make(scene)
                    proposal = {"request": draft.prompt, "solution": list(draft.gold), "check": list(draft.gold)}
                    self.draft(self.task, **proposal)
                except (Unfit, Rejected):
                    continue
            yield f"The template {template.name} fits this database.", ToolCall("propose", proposal)
            return
        raise WorldError(f"no template fits the database of task {self.task.id}")


def _occasion(split: str, index: int) -> Task:
    """Database `index` with its examples. Its seed names the proposer, so no task of the world has the same rows."""
    rng = Random(f"propose/{index}")
    source = {"domain": rng.choice(SEEN).name, "seed": f"propose/{index}", "rows": rng.randint(*ROWS)}
    own = DbEnv.tasks("train")
    examples = [own[number] for number in rng.sample(range(10_000), EXAMPLES)]
    shown = "\n".join(_proposal(task) for task in examples)
    prompt = f"The database:\n\n{_described(source)}\n\nTasks about other databases:\n\n{shown}"
    return Task(DbProposer.id, prompt, source, split, difficulty=3, template=source["domain"])


def _proposal(task: Task) -> str:
    """One of the world's tasks as its proposal would have read."""
    proposal = {"request": task.prompt, "solution": task.data["gold"], "check": task.data["gold"]}
    return json.dumps(proposal, ensure_ascii=False)


def _described(source: dict[str, Any]) -> str:
    """The schema, and of every table the number of rows and the first of them."""
    lines = [DOMAINS[source["domain"]].schema.strip(), ""]
    with closing(Database.from_bytes(image(source))) as database:
        for name in database.schema():
            ((count,),) = database.run(f"SELECT COUNT(*) FROM {quoted(name)}").rows
            lines.append(f"{name}, {min(count, SHOWN_ROWS)} of {count} rows:")
            lines.append(database.render(database.run(f"SELECT * FROM {quoted(name)} LIMIT {SHOWN_ROWS}")))
    return "\n".join(lines)
