"""The lists of the viewer: which trajectories fit, page by page, newest first, and the numbers over them.

Filters are answered by the index `listed` and searches by FTS5; the conversations themselves are read for the rows of
one page only. Pages are found by the number after which they begin, so the last page is as quick as the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self
from urllib.parse import urlencode

from rollout.store import Store
from rollout.view.search import match_expression

__all__ = ["MARKS", "MOST", "PAGE", "Filters", "attempts", "choices", "neighbours", "page", "totals", "version"]

PAGE = 50
"""Rows of one page."""
MOST = 1000
"""How far a search is counted."""
MARKS = "\ue000", "\ue001"
"""Around each match in an excerpt: characters that Unicode leaves to private use."""
_OUTCOMES = {"solved": "success", "failed": "valid AND NOT success", "invalid": "NOT valid"}
_COLUMNS = (
    *("number", "id", "run", "env", "split", "difficulty", "template", "policy", "stop", "valid", "success", "turns"),
    *("completion_tokens", "seconds"),
)
_ROW = (
    ", ".join(f"t.{name}" for name in _COLUMNS) + ", json_extract(t.task, '$.prompt') AS prompt, "
    "(SELECT group_concat(DISTINCT verdict) FROM reviews WHERE trajectory = t.id) AS reviews"
)


@dataclass(frozen=True)
class Filters:
    """What a list shows; an empty string is no filter. Its names are those of the list's query string."""

    q: str = ""
    """Words that the conversation has to contain."""
    run: str = ""
    env: str = ""
    split: str = ""
    difficulty: str = ""
    template: str = ""
    policy: str = ""
    stop: str = ""
    outcome: str = ""
    """solved, failed or invalid."""
    review: str = ""
    """A verdict that a review of it has, or none."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From a query string; what is not a filter is passed over."""
        return cls(**{each.name: query.get(each.name, "").strip() for each in fields(cls)})

    def link(self, **changes: Any) -> str:
        """The query string of this list, with changes and with further parameters."""
        values = {name: value for name, value in {**asdict(self), **changes}.items() if value not in ("", None)}
        return f"?{urlencode(values)}" if values else ""

    def select(self) -> tuple[str, str, str, dict[str, Any]]:
        """The SQL of what fits: tables (`t` are the trajectories), the column of their numbers, condition, parameters.

        A search alone walks FTS5's matches, which come in order; filters walk the index `listed` and look matches up.
        """
        values = {name: value for name, value in asdict(self).items() if value}
        parts = [f"t.{name} = :{name}" for name in values if name not in ("q", "outcome", "review")]
        if self.outcome:
            parts.append(_OUTCOMES.get(self.outcome, "FALSE"))
        if self.review:
            of_it = "EXISTS (SELECT 1 FROM reviews WHERE trajectory = t.id{})"
            parts.append(f"NOT {of_it.format('')}" if self.review == "none" else of_it.format(" AND verdict = :review"))
        tables, number = "trajectories t" + " INDEXED BY listed" * bool(parts), "t.number"
        if self.q:
            values["q"] = match_expression(self.q)
            if parts:
                parts.append("t.number IN (SELECT rowid FROM searched WHERE searched MATCH :q)")
            else:
                tables, number = "searched CROSS JOIN trajectories t ON t.number = searched.rowid", "searched.rowid"
                parts.append("searched MATCH :q")
        return tables, number, " AND ".join(parts or ["TRUE"]), values


def page(
    store: Store, filters: Filters, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> list[dict[str, Any]]:
    """Rows of the list, newest first.

    Args:
        before: only older ones than this number.
        after: only newer ones, the nearest to it.
        limit: at most so many.
    """
    tables, number, where, values = filters.select()
    side, order = (">", "ASC") if after is not None else ("<", "DESC")
    edge = after if after is not None else 2**62 if before is None else before
    values |= {"edge": edge, "limit": limit}
    query = f"SELECT {number} FROM {tables} WHERE {number} {side} :edge AND {where} ORDER BY 1 {order} LIMIT :limit"
    numbers = sorted((number for (number,) in store.db.conn.execute(query, values)), reverse=True)
    marks = ", ".join("?" * len(numbers))
    query = f"SELECT {_ROW} FROM trajectories t WHERE number IN ({marks}) ORDER BY number DESC"
    excerpts = _excerpts(store, values["q"], numbers) if filters.q else {}
    return [row | {"excerpt": excerpts.get(row["number"])} for row in store.db.query(query, numbers)]


def _excerpts(store: Store, words: str, numbers: Sequence[int]) -> dict[int, str]:
    marks = ", ".join("?" * len(numbers))
    query = (
        "SELECT rowid, snippet(searched, 0, ?, ?, ' … ', 24) FROM searched "
        f"WHERE searched MATCH ? AND rowid IN ({marks})"
    )
    return dict(store.db.conn.execute(query, [*MARKS, words, *numbers]).fetchall())


def neighbours(store: Store, filters: Filters, identity: str) -> tuple[str | None, str | None]:
    """The ids of the trajectories above and below one in the list, whether or not it is in it itself."""
    (number,) = store.db.conn.execute("SELECT number FROM trajectories WHERE id = ?", [identity]).fetchone()
    above, below = page(store, filters, after=number, limit=1), page(store, filters, before=number, limit=1)
    return above[0]["id"] if above else None, below[0]["id"] if below else None


def totals(store: Store, filters: Filters) -> dict[str, int]:
    """Of the whole list: how many episodes, valid and successful ones. Of a search, the first `MOST` are counted."""
    tables, _, where, values = filters.select()
    values |= {"most": MOST if filters.q else -1}
    query = (
        "SELECT count(*) AS episodes, coalesce(sum(valid), 0) AS valid, coalesce(sum(success), 0) AS success "
        f"FROM (SELECT valid, success FROM {tables} WHERE {where} LIMIT :most)"
    )
    return next(iter(store.db.query(query, values)))


def choices(store: Store, run: str) -> dict[str, list[str]]:
    """For each filter that has a menu, the values that occur, in one run or in all."""
    tables, _, where, values = Filters(run=run).select()
    # In the order of the index, which makes it one walk over it.
    names = ("run", "env", "split", "difficulty", "template", "policy", "stop")
    query = f"SELECT DISTINCT {', '.join(names)} FROM {tables} WHERE {where}"
    columns = zip(*store.db.conn.execute(query, values), strict=True)
    found = {name: sorted(map(str, set(column) - {""})) for name, column in zip(names, columns, strict=False)}
    runs = [name for (name,) in store.db.conn.execute("SELECT name FROM runs ORDER BY rowid DESC")]
    return {name: [] for name in names} | found | {"run": runs}


def attempts(store: Store, env: str, task: str) -> list[dict[str, Any]]:
    """Every stored attempt at a task, of all runs."""
    query = (
        "SELECT id, run, policy, sample, success, valid FROM trajectories "
        "WHERE run IN (SELECT name FROM runs) AND env = :env AND task_id = :task ORDER BY run, sample"
    )
    return list(store.db.query(query, {"env": env, "task": task}))


def version(store: Store) -> str:
    """A word that changes when anything that the viewer shows does."""
    query = (
        "SELECT (SELECT count(*) FROM runs), (SELECT max(number) FROM trajectories), (SELECT max(id) FROM reviews), "
        "(SELECT number FROM searched_upto)"
    )
    return '"{}-{}-{}-{}"'.format(*store.db.conn.execute(query).fetchone())
