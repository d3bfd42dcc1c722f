"""Make `db` tasks from questions with their SQL: `python -m envs.derive --folder spider --out tasks.jsonl`.

The folder is laid out as Spider or BIRD: `train.json` or the like, a list of records with `question`, `query` (Spider)
or `SQL` (BIRD), `db_id` and perhaps `evidence`; and `database/<db_id>/<db_id>.sqlite` (BIRD: `train_databases`).

Spider: Yu et al. 2018 (arXiv 1809.08887). BIRD: Li et al. 2023 (arXiv 2305.03111).
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from envs.cli import main
from envs.db.database import quoted
from envs.db.env import DbEnv
from envs.db.source import image
from envs.db.written import written_task
from envs.errors import UsageError, did_you_mean
from envs.proof import REASONS, Rejected, prove
from envs.types import SPLITS, Task

__all__ = ["Record", "derive", "derive_task", "read_database", "read_records"]

FOLDERS = ("database", "train_databases", "dev_databases")
"""Where Spider and BIRD keep their databases."""
SENTENCES = {
    **REASONS,
    "database": "Its database is too large to carry, or cannot be copied.",
    "repeated": "The same question about the same database came before.",
}


@dataclass(frozen=True)
class Record:
    """A question about a database with the query that answers it; `evidence` is what one has to know for it."""

    question: str
    query: str
    db_id: str
    evidence: str = ""


def derive(folder: Path, out: Path, file: str = "train.json", split: str = "train", largest: int = 100_000) -> int:
    """Make db tasks of questions with SQL and keep those that are proved: the query passes and doing nothing fails.

    The others are named with the reason in OUT.dropped.jsonl: the query fails, is slow or leaves its answer to chance,
    the answer is empty, NULL or longer than an observation, the database is too large. Exit status 1 when none is left.

    Args:
        folder: in the layout of Spider or BIRD.
        out: JSON lines of tasks to write, for --tasks.
        file: which records of the folder.
        split: of the tasks.
        largest: characters of the largest database as JSON; every task carries a copy.
    """
    if split not in SPLITS:
        raise UsageError(f"no split {split!r}.{did_you_mean(split, SPLITS)} Splits: {', '.join(SPLITS)}")
    records = read_records(folder / file)
    files = {record.db_id: _database_file(folder, record.db_id) for record in records}
    console = Console(soft_wrap=True, highlight=False)
    sources = {name: _try(read_database, path, largest) for name, path in files.items()}
    tasks: dict[tuple[str, str], Task] = {}
    dropped = []
    for number, record in enumerate(track(records, "deriving", console=console, disable=not console.is_terminal)):
        source, asked = sources[record.db_id], (record.db_id, record.question)
        made = source if isinstance(source, Rejected) else _try(derive_task, record, source, split)
        if isinstance(made, Task) and asked in tasks:
            made = Rejected("repeated", f"task {tasks[asked].id} asks the same")
        if isinstance(made, Rejected):
            dropped.append({"index": number, "reason": made.kind, "detail": made.detail, "record": vars(record)})
        else:
            tasks[asked] = made
    beside = out.with_suffix(".dropped.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(beside, (json.dumps(row, ensure_ascii=False) for row in dropped))
    _write(out, (task.to_json() for task in tasks.values()))
    for reason, count in Counter(row["reason"] for row in dropped).most_common():
        console.print(f"{count:>6} {reason:<10} {SENTENCES[reason]}")
    for name, problem in sources.items():
        if isinstance(problem, Rejected):
            console.print(f"       {name}: {problem.detail}", markup=False)
    console.print(f"{len(tasks)} of {len(records)} records are tasks in {out}; the others are in {beside}.")
    return 0 if tasks else 1


def read_records(path: Path) -> list[Record]:
    """Read a JSON list of Spider's or BIRD's records.

    Raises:
        UsageError: no such file, not such a list, or a record without a question, a query or a database; names it.
    """
    if not path.is_file():
        there = ", ".join(sorted(file.name for file in path.parent.glob("*.json"))) or "no .json file"
        raise UsageError(f"there is no {path}; the folder has {there}")
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(rows, list):
        raise UsageError(f"{path} must be a list of records, not {type(rows).__name__}")
    return [_record(row, f"{path}, record {number}") for number, row in enumerate(rows)]


def _record(row: Any, where: str) -> Record:
    if not isinstance(row, dict):
        raise UsageError(f"{where} is not a JSON object")
    values = {
        "question": row.get("question"),
        "query": row.get("query") or row.get("SQL"),
        "db_id": row.get("db_id"),
        "evidence": row.get("evidence") or "",
    }
    for name, value in values.items():
        if not isinstance(value, str) or not (value or name == "evidence"):
            raise UsageError(f"{where}: its {name} must be text, not {value!r:.80}; it has {', '.join(row)}")
    return Record(**values)


def _database_file(folder: Path, name: str) -> Path:
    if Path(name).name != name:
        raise UsageError(f"{name!r} is no name of a database: it leads to another folder")
    files = [folder / part / name / f"{name}.sqlite" for part in FOLDERS]
    for file in files:
        if file.is_file():
            return file
    raise UsageError(f"there is no database {name!r}: {files[0]} is not there, nor in {' or '.join(FOLDERS[1:])}")


def read_database(path: Path, largest: int) -> dict[str, Any]:
    """Copy a SQLite file as the `schema` and `tables` that a task can carry; triggers are left out.

    Args:
        path: only read.
        largest: characters of the copy as JSON.

    Raises:
        Rejected: it is larger, holds binary values, or does not fit behind the guard.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            source = _copied(connection, largest)
        image(source)
    except (sqlite3.Error, UsageError) as error:
        raise Rejected("database", f"it cannot be copied: {error}") from None
    return source


def _copied(connection: sqlite3.Connection, largest: int) -> dict[str, Any]:
    kinds = "type IN ('table', 'view', 'index') AND name NOT GLOB 'sqlite_*'"
    made = connection.execute(
        f"SELECT type, name, sql FROM sqlite_master WHERE {kinds} ORDER BY type <> 'table', rowid"
    )
    made = made.fetchall()
    tables: dict[str, list[tuple]] = {name: [] for kind, name, _ in made if kind == "table"}
    size = sum(len(sql) for *_, sql in made)
    for name, rows in tables.items():
        for row in connection.execute(f"SELECT * FROM {quoted(name)}"):
            if any(isinstance(value, bytes) for value in row):
                raise Rejected("database", f"its table {name} holds binary values")
            size += len(json.dumps(row, ensure_ascii=False))
            if size > largest:
                raise Rejected("database", f"it has more than {largest:,} characters")
            rows.append(list(row))
    return {"schema": [sql for *_, sql in made], "tables": tables}


def derive_task(record: Record, source: dict[str, Any], split: str) -> Task:
    """The task that a record makes on its copied database, proved.

    Raises:
        Rejected: it does not hold what `envs.db.written.written_task` and `envs.proof.prove` ask for.
    """
    prompt = f"{record.question}\n\nNote: {record.evidence}" if record.evidence else record.question
    task = written_task(source, prompt, [record.query], [record.query], f"derived-{record.db_id}", split)
    prove(DbEnv, task)
    return task


def _try(function, *arguments):
    """What a function returns, or the `Rejected` that it raises."""
    try:
        return function(*arguments)
    except Rejected as rejected:
        return rejected


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    main(derive)
