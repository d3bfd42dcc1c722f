"""One SQLite file with everything that was rolled out: runs, prompts, trajectories, steps and reviews of them.

A row is unique on (run, env, task, sample). A valid row is never overwritten; an invalid one is, by the next attempt.
`owed` is the plan minus the valid rows, so running the same command again is the whole recovery procedure.

    sqlite-utils query runs/agenttuning.db "select template, avg(success) from trajectories group by 1"
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from envs.errors import UsageError, did_you_mean
from envs.types import Task
from rollout.migrations import MIGRATIONS
from rollout.reviews import Review
from rollout.rows import COLUMNS, STEP_COLUMNS, Row, pack, to_json, unpack
from rollout.screenshots import write_screenshots
from rollout.settings import differences
from rollout.spending import TOKENS, Charge, Spent, charge_of, read_spent, write_charges
from rollout.sqlite import closed_on_failure, open_database
from rollout.trajectory import Trajectory, Usage, trajectory_id

__all__ = ["DEFAULT_STORE", "Store"]

DEFAULT_STORE = Path("runs/agenttuning.db")
_BATCH = 200
"""Trajectories written at most, or read, at a time."""
_FLUSH_SECONDS = 0.5
_REVIEW_COLUMNS = ("trajectory", "verdict", "turn", "note", "text", "call", "created")


class Store:
    """The trajectories of every run, in one file. Use it as a context manager; it holds a batch that leaving writes.

    Several processes may read and write one file at a time.

    Args:
        path: the SQLite file, made with its folder if it is not there.

    Raises:
        UsageError: not a SQLite file, or one that a newer version of this package wrote.
    """

    def __init__(self, path: Path | str = DEFAULT_STORE):
        self.path = Path(path)
        self._pending: dict[str, Row] = {}
        self._charges: list[Charge] = []
        self._oldest = 0.0
        try:
            self.db = open_database(self.path)
            with closed_on_failure(self.db):
                self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"{self.path} cannot be opened as a store: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.flush()
        finally:
            self.db.close()

    # --- writing ---------------------------------------------------------------------------------------------------

    def start_run(self, run: str, config: dict[str, Any]) -> None:
        """Begin a run, or go on with it under the same settings.

        Args:
            run: its name.
            config: whatever makes two runs incomparable when it differs; JSON values.

        Raises:
            UsageError: the run exists with other settings; names those that differ.
        """
        if not run:
            raise UsageError("a run needs a name")
        row = {"name": run, "config": to_json(config), "created": datetime.now(UTC).isoformat(timespec="seconds")}
        self.db["runs"].insert(row, ignore=True)
        stored = json.loads(self.db["runs"].get(run)["config"])
        if differing := differences(stored, json.loads(row["config"])):
            raise UsageError(
                f"run {run!r} in {self.path} has other settings: {'; '.join(differing)}. "
                "Give the settings it was started with, or another --run name"
            )

    def add(self, trajectory: Trajectory) -> None:
        """Take a trajectory; it is on disk after the next `flush`, at most half a second of `add`s later.

        Unpaired surrogates in its texts are replaced, and tuples become lists. Its screenshots become files, and are
        not read back.
        """
        row = pack(trajectory)
        self._oldest = self._oldest if self._pending else monotonic()
        waiting = self._pending.get(trajectory.id)
        if waiting is None or not waiting.valid:
            self._pending[trajectory.id] = row
            write_screenshots(self.path, trajectory)
            row = waiting
        if row is not None:  # of two attempts the one that is not kept was paid for too
            self._charges.append(charge_of(row))
        if len(self._pending) >= _BATCH or monotonic() - self._oldest >= _FLUSH_SECONDS:
            self.flush()

    def charge(self, run: str, usage: Usage, seconds: float = 0.0) -> None:
        """Count tokens that stand in no row of the run, and wall time; on disk after the next `flush`.

        Negative tokens take back what was charged for an episode before it had a row.
        """
        self._charges.append((run, usage, seconds))

    def flush(self) -> None:
        """Write what was added and charged, in one transaction, so that the sum of both is true at any moment."""
        if not self._pending and not self._charges:
            return
        rows, connection = self._pending, self.db.conn
        with self.transaction():
            marks = ",".join("?" * len(rows))
            columns = ", ".join(("id", "valid", "run", *TOKENS))
            found = connection.execute(f"SELECT {columns} FROM trajectories WHERE id IN ({marks})", list(rows))
            there = {identity: (valid, (run, Usage(*tokens), 0.0)) for identity, valid, run, *tokens in found}
            fresh = [row for identity, row in rows.items() if identity not in there or not there[identity][0]]
            replaced = [(identity,) for identity, (valid, _) in there.items() if not valid]
            lost = [charge_of(rows[identity]) if valid else charge for identity, (valid, charge) in there.items()]
            prompts = {key: text for row in fresh for key, text in row.prompts.items()}
            connection.executemany("DELETE FROM steps WHERE trajectory = ?", replaced)
            connection.executemany("DELETE FROM trajectories WHERE id = ?", replaced)
            connection.executemany("INSERT OR IGNORE INTO prompts (hash, text) VALUES (?, ?)", prompts.items())
            connection.executemany(_insert("trajectories", COLUMNS), [row.trajectory for row in fresh])
            connection.executemany(_insert("steps", STEP_COLUMNS), [step for row in fresh for step in row.steps])
            write_charges(connection, self._charges + lost)
        self._pending, self._charges = {}, []

    def add_review(self, review: Review) -> None:
        """Keep a review, at once. Reviews are never changed or taken back: a later one of the same turn counts instead.

        Raises:
            UsageError: there is no such trajectory or turn, or the episode is invalid: it is not trained on, and the
                next attempt at it will replace it.
        """
        trajectory = self.get(review.trajectory)
        if not trajectory.valid:
            raise UsageError(
                f"trajectory {review.trajectory} is invalid ({trajectory.stop}): there is nothing to review"
            )
        if review.turn is not None and not 1 <= review.turn <= len(trajectory.steps):
            raise UsageError(
                f"trajectory {review.trajectory} has turns 1 to {len(trajectory.steps)}, not {review.turn}"
            )
        row = {name: getattr(review, name) for name in _REVIEW_COLUMNS}
        self.db["reviews"].insert(row | {"call": review.call and to_json(review.call)})

    # --- reading ---------------------------------------------------------------------------------------------------

    def owed(self, run: str, plan: Sequence[tuple[Task, int]]) -> list[tuple[Task, int]]:
        """The part of `plan` that has no valid row in `run`, in the plan's order."""
        self.flush()
        rows = self.db.conn.execute("SELECT id FROM trajectories WHERE run = ? AND valid", [run])
        done = {identity for (identity,) in rows}
        return [(task, sample) for task, sample in plan if trajectory_id(run, task.env, task.id, sample) not in done]

    def successes(self, run: str) -> dict[tuple[str, str], int]:
        """How often each task of a run was solved, by (env, task id)."""
        self.flush()
        rows = self.db.conn.execute(
            "SELECT env, task_id, sum(success) FROM trajectories WHERE run = ? GROUP BY env, task_id", [run]
        )
        return {(env, task): count for env, task, count in rows}

    def spent(self, run: str) -> Spent:
        """What a run has taken so far, in all its sessions."""
        self.flush()
        return read_spent(self.db.conn, run)

    def select(
        self,
        run: str | None = None,
        *,
        env: str | None = None,
        split: str | None = None,
        valid: bool | None = None,
        success: bool | None = None,
        limit: int | None = None,
    ) -> Iterator[Trajectory]:
        """Stream trajectories, equal to what was added, sorted by (run, env, task id, sample).

        The order does not depend on which episode ended first, so that equal runs give equal data.

        Args:
            run: one run, or all.
            env, split: only this environment (its versioned id), this split of its tasks.
            valid, success: only those for which it is so; None for both.
            limit: at most so many.

        Raises:
            UsageError: there is no such run.
        """
        self.flush()
        if run is not None and run not in (names := [row["name"] for row in self.db["runs"].rows]):
            known = f"It has: {', '.join(names)}" if names else "It has none yet"
            raise UsageError(f"no run {run!r} in {self.path}.{did_you_mean(run, names)} {known}")
        wanted = {"run": run, "env": env, "split": split, "valid": valid, "success": success}
        conditions = {key: value for key, value in wanted.items() if value is not None}
        return self._stream(conditions, limit)

    def get(self, identity: str) -> Trajectory:
        """The trajectory with this id.

        Raises:
            UsageError: there is none.
        """
        self.flush()
        query = f"SELECT {', '.join(COLUMNS)} FROM trajectories WHERE id = ?"
        row = self.db.conn.execute(query, [identity]).fetchone()
        if row is None:
            raise UsageError(f"no trajectory {identity!r} in {self.path}")
        return unpack(dict(zip(COLUMNS, row, strict=True)), self._steps(identity), self._prompt)

    def reviews(self, run: str | None = None, trajectory: str | None = None) -> list[Review]:
        """The reviews of a run, of a trajectory, or all, oldest first."""
        query = (
            f"SELECT {', '.join(f'reviews.{name}' for name in _REVIEW_COLUMNS)} FROM reviews "
            "JOIN trajectories ON trajectories.id = reviews.trajectory "
            "WHERE (:run IS NULL OR run = :run) AND (:id IS NULL OR trajectory = :id) ORDER BY reviews.id"
        )
        rows = self.db.query(query, {"run": run, "id": trajectory})
        return [Review(**row | {"call": row["call"] and json.loads(row["call"])}) for row in rows]

    def runs(self) -> list[dict[str, Any]]:
        """Every run, oldest first: name, config, created; sums of episodes, valid, success, turns, tokens, seconds."""
        self.flush()
        rows = self.db.query(
            "SELECT name, config, created, count(t.id) AS episodes, coalesce(sum(t.valid), 0) AS valid, "
            "coalesce(sum(t.success), 0) AS success, coalesce(sum(turns), 0) AS turns, "
            "coalesce(sum(completion_tokens), 0) AS tokens, coalesce(sum(seconds), 0) AS seconds "
            "FROM runs LEFT JOIN trajectories t ON t.run = runs.name GROUP BY name ORDER BY runs.created, runs.rowid"
        )
        return [row | {"config": json.loads(row["config"])} for row in rows]

    def _stream(self, conditions: dict[str, Any], limit: int | None) -> Iterator[Trajectory]:
        # Page by page, each its own short read: a reader that is slow or is left half-way holds back no writer.
        where = "".join(f" AND {column} = :{column}" for column in conditions)
        query = (
            f"SELECT {', '.join(COLUMNS)} FROM trajectories "
            f"WHERE (run, env, task_id, sample) > (:a, :b, :c, :d){where} "
            "ORDER BY run, env, task_id, sample LIMIT :page"
        )
        after, left = ("", "", "", -1), limit
        while left is None or left > 0:
            page = _BATCH if left is None else min(_BATCH, left)
            values = conditions | dict(zip("abcd", after, strict=True)) | {"page": page}
            rows = [dict(zip(COLUMNS, row, strict=True)) for row in self.db.conn.execute(query, values)]
            for row in rows:
                yield unpack(row, self._steps(row["id"]), self._prompt)
            if len(rows) < page:
                return
            after = tuple(rows[-1][column] for column in ("run", "env", "task_id", "sample"))
            left = None if left is None else left - len(rows)

    def _steps(self, identity: str) -> list[dict[str, Any]]:
        query = f"SELECT {', '.join(STEP_COLUMNS)} FROM steps WHERE trajectory = ? ORDER BY turn"
        return [dict(zip(STEP_COLUMNS, row, strict=True)) for row in self.db.conn.execute(query, [identity])]

    def _prompt(self, key: str) -> str:
        return self.db["prompts"].get(key)["text"]

    def _migrate(self) -> None:
        if self._version() < len(MIGRATIONS):
            with self.transaction():  # another process may have migrated it since
                for migration in MIGRATIONS[self._version() :]:
                    migration(self.db)
                self.db.conn.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        if self._version() > len(MIGRATIONS):
            raise UsageError(
                f"{self.path} was written by a newer version of agenttuning (store version {self._version()}, this one "
                f"reads up to {len(MIGRATIONS)}): upgrade agenttuning or choose another --store"
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the file's write lock from the start, so that what is read in here stays true until the commit."""
        connection = self.db.conn
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite has already rolled back after a full disk
                connection.execute("ROLLBACK")
            raise

    def _version(self) -> int:
        return self.db.conn.execute("PRAGMA user_version").fetchone()[0]


def _insert(table: str, columns: dict[str, type]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
