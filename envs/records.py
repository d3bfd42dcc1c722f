"""A relational state that a grader can compare row by row: one SQLite database in memory."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from envs.errors import ToolError, did_you_mean

__all__ = ["Row", "Rows", "State", "differences"]

Row = dict[str, Any]
Rows = dict[str, dict[str, Row]]
"""{table: {id: row}}"""
_FIRST_ID = 101


class State:
    """Tables of records, each with a text id such as `ord_104`.

    Ids count up per table and are never used twice, so that equal calls in equal order make equal states.
    """

    def __init__(self):
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._columns: dict[str, dict[str, str]] = {}
        self._next: dict[str, tuple[str, int]] = {}

    def create(self, table: str, prefix: str, columns: Iterable[str]) -> None:
        """Make a table whose ids are `prefix_NUMBER`.

        Args:
            columns: names; `name[]` holds a list of text or numbers, `name?` a truth value, any other text, a number or
                None.
        """
        kinds = {column.rstrip("[]?"): column[len(column.rstrip("[]?")) :] for column in columns}
        self._columns[table], self._next[table] = {"id": "", **kinds}, (prefix, _FIRST_ID)
        self._connection.execute(f"CREATE TABLE {table} (id TEXT PRIMARY KEY, {', '.join(kinds)})")

    def insert(self, table: str, **values: Any) -> str:
        """Add a record and return its new id. Columns that are not given are None."""
        prefix, number = self._next[table]
        self._next[table] = (prefix, number + 1)
        row = self._packed(table, {"id": f"{prefix}_{number}", **values})
        marks = ", ".join("?" * len(row))
        self._connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        return row["id"]

    def update(self, table: str, id: str, **values: Any) -> None:
        """Change columns of a record that exists."""
        row = self._packed(table, values)
        changes = ", ".join(f"{column} = ?" for column in row)
        if not self._connection.execute(f"UPDATE {table} SET {changes} WHERE id = ?", [*row.values(), id]).rowcount:
            raise KeyError(f"{table} has no {id}")

    def delete(self, table: str, id: str) -> None:
        """Remove a record that exists."""
        if not self._connection.execute(f"DELETE FROM {table} WHERE id = ?", [id]).rowcount:
            raise KeyError(f"{table} has no {id}")

    def get(self, table: str, id: str, noun: str) -> Row:
        """The record with an id that the model gave.

        Args:
            noun: what a person calls such a record.

        Raises:
            ToolError: there is none; names the nearest id.
        """
        if found := self.find(table, id=id):
            return found[0]
        known = [row["id"] for row in self.find(table)]
        raise ToolError(f"There is no {noun} with the id {id[:60]!r}.{did_you_mean(id, known)}")

    def find(self, table: str, **equal: Any) -> list[Row]:
        """The records whose columns equal all the values given, in the order in which they were made."""
        asked = self._packed(table, equal)
        where = " AND ".join(f"{column} IS ?" for column in asked) or "1"
        rows = self._connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY rowid", list(asked.values()))
        kinds = self._columns[table]
        return [{c: _read(kinds[c], value) for c, value in zip(kinds, row, strict=True)} for row in rows]

    def columns(self, table: str) -> list[str]:
        """The columns of a table, the id first."""
        return list(self._columns[table])

    def rows(self) -> Rows:
        """Everything there is."""
        return {table: {row["id"]: row for row in self.find(table)} for table in self._columns}

    def close(self) -> None:
        self._connection.close()

    def _packed(self, table: str, values: Mapping[str, Any]) -> Row:
        kinds = self._columns[table]
        if unknown := sorted(values.keys() - kinds.keys()):
            raise KeyError(f"{table} has no columns {unknown}")
        if too_large := [c for c, v in values.items() if isinstance(v, int) and abs(v) >= 2**63]:
            raise ToolError(f"The number for {too_large[0]} is too large.")
        return {c: json.dumps(v) if kinds[c] == "[]" and v is not None else v for c, v in values.items()}


def _read(kind: str, stored: Any) -> Any:
    if stored is None:
        return None
    return json.loads(stored) if kind == "[]" else bool(stored) if kind == "?" else stored


def differences(start: Rows, end: Rows, gold: Rows, free: Mapping[str, set[str]]) -> list[str]:
    """In what `end` is not as it should be, as sentences; empty when it is.

    Records that were there at the start are compared one by one; their free text too, where it was to stay. New ones
    are compared as a multiset without their ids, since the order in which they were made is free; a reference to a new
    record counts as a reference to its table.

    Args:
        start, end, gold: all rows before the episode, after it, and after the reference calls.
        free: columns, by table, in which new text may be worded freely.
    """
    found = []
    for table, before in start.items():
        loose = free.get(table, set())
        for id in before:
            left, right = end[table].get(id), gold[table].get(id)
            if left is None or right is None:
                if left is not right:
                    found.append(f"{table} {id} should {'' if right else 'not '}be there")
                continue
            if wrong := [c for c in left if c not in loose and left[c] != right[c]]:
                found.append(f"{table} {id} differs in {', '.join(wrong)}")
            kept = [c for c in sorted(loose) if before[id][c] == right[c] != left[c]]
            found += [f"the {column} of {id} should not be changed" for column in kept]
    made, wanted = _new_records(start, end, free), _new_records(start, gold, free)
    found += [f"one record too many: {shape}" for shape in (made - wanted).elements()]
    return found + [f"one record is missing: {shape}" for shape in (wanted - made).elements()]


def _new_records(start: Rows, rows: Rows, free: Mapping[str, set[str]]) -> Counter[str]:
    new = {id: table for table, found in rows.items() for id in found if id not in start[table]}

    def plain(value: Any) -> Any:
        return f"new {new[value]}" if isinstance(value, str) and value in new else value

    shapes = []
    for id, table in new.items():
        kept = {c: v for c, v in rows[table][id].items() if c != "id" and c not in free.get(table, set())}
        shapes.append(f"{table} {json.dumps({c: plain(v) for c, v in kept.items()}, ensure_ascii=False)}")
    return Counter(shapes)
