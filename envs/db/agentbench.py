"""Tasks in AgentBench's DB format, graded by AgentBench's rules of 2023 (Liu et al., arXiv 2308.03688).

    python -m rollout.collect --tasks agentbench-db:dev.jsonl --policy gpt-4

A record has `description`, `add_description`, `type`, `table` (one, or a list) with `table_name` and `table_info` of
`columns` and `rows`, `label` (the answer, or the statement of a change), `answer_md5` (of the table after a change),
and perhaps `sql.query`. Records come one a line or as one JSON list.

AgentBench runs MySQL, this runs SQLite. Every column is text that compares without regard to case, as there; only ASCII
letters fold, accents do not, and a text column is compared with a number as text. Backticks, double-quoted strings and
a final semicolon mean the same in both; of the known statements only backslash escapes in strings are translated.
"""

import gzip
import hashlib
import json
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from envs.core import AgentEnv
from envs.db.database import Database, quoted
from envs.errors import ToolError, UsageError
from envs.tool import tool
from envs.types import Task, ToolCall

__all__ = ["AgentbenchDbEnv", "load"]

CHANGES = ("INSERT", "UPDATE", "DELETE")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
GROUP_CONCAT_LENGTH = 1024
"""MySQL's `group_concat_max_len`: the hashes of rows beyond about 170 do not count."""


class AgentbenchDbEnv(AgentEnv):
    """One or more tables, a question about them or a change to them, fifteen rounds.

    A change is graded on the hash of the tables' rows, an answer on the label: one value as a number where both are
    numbers, several as a set of texts. It differs from AgentBench in two points: an episode that never answers fails
    even if its change is right, and a number in an answer counts as its text.

    It has no tasks of its own: `load` reads them from a file.
    """

    id = "AgentTuning/AgentbenchDb-v0"
    licence = "Apache-2.0 (THUDM/AgentBench)"
    instructions = (
        "You work with a SQLite database, one SQL statement at a time. All columns are text: CAST them to compare or "
        "sort numbers. When you are sure, give the final answer as a list of values, exactly as the database has them. "
        "If the task was a change, make it first; the list may then be empty."
    )
    max_turns = 15

    @classmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        return []

    def setup(self, task: Task) -> None:
        if missing := {"tables", "label", "hash"} - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        self.close()
        self._database = _build(task.data["tables"])
        self._answer: list[Any] | None = None

    def close(self) -> None:
        if database := getattr(self, "_database", None):
            database.close()

    @tool
    def sql(self, query: str) -> str:
        """Run one SQL statement and show its result."""
        return self._database.render(self._database.run(query))

    @tool(final=True)
    def answer(self, values: list[Any]) -> str:
        """Give the final answer and end the task."""
        self._answer = values
        return "Answered."

    def score(self) -> float:
        data = self.task.data
        if data["hash"] is not None:
            return float(_tables_hash(self._database, data["tables"]) == data["hash"])
        return float(self._answer is not None and _values_match(self._answer, data["label"]))

    def state_key(self) -> str:
        return self._database.state_hash() + ("" if self._answer is None else "/answered")


def load(path: str | Path) -> list[Task]:
    """Read a file of AgentBench DB records.

    The reference of a task is the known statement, where it runs in SQLite or makes the change, and the label.

    Returns:
        One task per record, in the split "test": a benchmark is not for training.

    Raises:
        UsageError: the file is not JSON, or it has records that cannot be built or graded; names each of them.
    """
    tasks, problems = [], []
    for number, record in enumerate(_records(Path(path)), 1):
        try:
            tasks.append(_task(record))
        except (ValueError, KeyError, TypeError, sqlite3.Error) as error:
            reason = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
            description = record.get("description", "") if isinstance(record, dict) else ""
            problems.append(f"record {number} ({str(description)[:60]!r}): {reason}")
    if problems:
        raise UsageError(f"{path}: {len(problems)} of the records cannot be graded.\n" + "\n".join(problems))
    return tasks


def _records(path: Path) -> list[Any]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        text = file.read()
    try:
        if text.lstrip().startswith("["):
            return json.loads(text)
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} is neither one JSON list nor one JSON object a line: {error}") from None


def _task(record: Any) -> Task:
    """One record as a task, tried on a database.

    Raises:
        UsageError, ValueError, KeyError, TypeError, sqlite3.Error: it cannot be built or graded.
    """
    if not isinstance(record, dict):
        raise UsageError("it is not a JSON object")
    kind = _first(record["type"])
    if not kind or not isinstance(kind, str):
        raise UsageError(f"its type must be a word such as INSERT or counting, not {record['type']!r:.80}")
    tables = [_table(t) for t in (record["table"] if isinstance(record["table"], list) else [record["table"]])]
    if not tables:
        raise UsageError("it has no table")
    is_change = kind in CHANGES
    label = None if is_change else _label(record.get("label"))
    hashed = _expected_hash(record.get("answer_md5"), len(tables)) if is_change else None
    return Task(
        env=AgentbenchDbEnv.id,
        prompt=f"{record['description']}\n{record.get('add_description', '')}".strip(),
        data={"tables": tables, "label": label, "hash": hashed},
        split="test",
        difficulty=2,
        template=kind,
        reference=_reference(_statement(record, is_change), label, tables),
    )


def _statement(record: dict[str, Any], is_change: bool) -> str | None:
    """The known statement: `sql.query`, or the label of a change."""
    query = record["sql"].get("query") if isinstance(record.get("sql"), dict) else None
    query = query or (is_change and _first(record.get("label")))
    return _to_sqlite(query) if query else None


def _first(value: Any) -> Any:
    """The first item of a list, and anything else as it is."""
    return (value or [None])[0] if isinstance(value, list) else value


def _reference(statement: str | None, label: list[str] | None, tables: list[dict[str, Any]]) -> tuple[ToolCall, ...]:
    """The calls that solve the task; none for a change whose statement is not known. A query that fails is left out."""
    database = _build(tables)
    try:
        database.state_hash()  # reads every row, so a table that SQLite cannot hold is found here
        if label is None and statement is None:
            return ()
        played = statement is not None and (label is None or _runs(database, statement))
    finally:
        database.close()
    query = (ToolCall("sql", {"query": statement}),) if played else ()
    return (*query, ToolCall("answer", {"values": label or []}))


def _table(table: dict[str, Any]) -> dict[str, Any]:
    """Name, columns and rows, checked; every value is text or None."""
    name, columns = table["table_name"], [c["name"] for c in table["table_info"]["columns"]]
    rows = table["table_info"]["rows"]
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns) or any(isinstance(v, list | dict) for v in row):
            raise UsageError(f"row {number} of table {name!r} must have {len(columns)} plain values, not {row!r:.80}")
    texts = [[v if v is None else str(v) for v in row] for row in rows]
    return {"name": name, "columns": columns, "rows": texts}


def _build(tables: list[dict[str, Any]]) -> Database:
    definitions = [
        f"CREATE TABLE {quoted(t['name'])} ({', '.join(f'{quoted(c)} TEXT COLLATE NOCASE' for c in t['columns'])});"
        for t in tables
    ]
    return Database("\n".join(definitions), {t["name"]: t["rows"] for t in tables})


def _label(label: Any) -> list[str]:
    """The expected values of a question, as text."""
    if not isinstance(label, list) or any(isinstance(v, list | dict) for v in label):
        raise UsageError(f"its label must be a list of plain values, not {label!r:.80}")
    label = [v if isinstance(v, str) else str(v) for v in label]
    if not _values_match(label, label):
        raise UsageError(f"its label {label!r:.80} does not equal itself")
    return label


def _expected_hash(text: Any, tables: int) -> str:
    """The hash out of `[('0123...',)]`, as MySQL's client printed it; several tables' are joined by underscores."""
    match = re.fullmatch(r"\[\('([0-9a-f]{32})',\)\]|([0-9a-f]{32}(?:_[0-9a-f]{32})*)", str(text).strip())
    found = match and (match[1] or match[2])
    if not found or found.count("_") + 1 != tables:
        raise UsageError(f"its answer_md5 must hold the MD5 of {tables} tables, not {text!r:.80}")
    return found


def _to_sqlite(statement: str) -> str:
    """A statement written for MySQL, its backslash escapes in strings replaced."""

    def string(match: re.Match[str]) -> str:
        quote = match[0][0]
        plain = re.sub(rf"\\(.)|{quote}{quote}", lambda m: ESCAPES.get(m[1], m[1] or quote), match[0][1:-1], flags=re.S)
        return quote + plain.replace(quote, quote * 2) + quote

    return re.sub(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"", string, statement, flags=re.S)


def _runs(database: Database, statement: str) -> bool:
    try:
        database.run(statement)
    except ToolError:
        return False
    return True


def _tables_hash(database: Database, tables: list[dict[str, Any]]) -> str | None:
    """AgentBench's hash of the tables as they are now; None when one of them is gone or has other columns."""
    if any(database.schema().get(t["name"]) != t["columns"] for t in tables):
        return None
    return "_".join(sorted(_rows_hash(database.rows(t["name"])) for t in tables))


def _rows_hash(rows: list[tuple]) -> str:
    """The MD5 of the sorted five-digit MD5s of the rows; a row is its values joined by commas, without its NULLs."""
    digits = sorted(_md5(",".join(_text(v) for v in row if v is not None))[:5] for row in rows)
    return _md5(",".join(digits)[:GROUP_CONCAT_LENGTH])


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _values_match(given: list[Any], label: list[str]) -> bool:
    """AgentBench's rule of 2023: one value against one as floats or else as text, anything else as sets of texts."""
    if any(isinstance(v, list | dict) for v in given):
        return False
    values = [v if isinstance(v, str) else str(v) for v in given]
    if len(values) == len(label) == 1:
        try:
            return float(values[0]) == float(label[0])
        except ValueError:
            return values == label
    return set(values) == set(label)
