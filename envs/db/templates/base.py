"""What a question template is made of: a scene to draw from, a draft to return, a list to stand in."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from envs.db.database import Database
from envs.db.domains.columns import Column, Ref
from envs.db.domains.schema import Domain, Table
from envs.db.english import sentence

__all__ = ["MAX_ANSWER_ROWS", "Draft", "Scene", "Template", "Unfit", "check", "collect", "literal", "step"]

MAX_ANSWER_ROWS = 9
"""Answers longer than this cost more tokens than they test."""


class Unfit(Exception):
    """This domain or these rows do not suit the template; another draw is made."""


@dataclass(frozen=True)
class Draft:
    """A question with its solution.

    Args:
        prompt: the question or request.
        gold: statements that answer it (the last one's rows) or make the change.
        steps: what the expert does between looking at the tables and answering, see `step`.
        ordered: whether the order of the answer counts.
        write: whether a change is asked for.
    """

    prompt: str
    gold: tuple[str, ...]
    steps: tuple[dict[str, Any], ...]
    ordered: bool = False
    write: bool = False


@dataclass(frozen=True)
class Template:
    """A family of questions: `make(scene)` returns a `Draft` or raises `Unfit`."""

    name: str
    difficulty: int
    make: Callable[["Scene"], Draft]


def collect(templates: list[Template], difficulty: int):
    """Decorator that adds a function to a list of templates, under its name with dashes."""

    def add(make: Callable[["Scene"], Draft]) -> Callable[["Scene"], Draft]:
        templates.append(Template(make.__name__.replace("_", "-"), difficulty, make))
        return make

    return add


@dataclass
class Scene:
    """A domain with rows, and the dice with which a template chooses among them."""

    domain: Domain
    seed: str
    size: int
    rng: random.Random

    @cached_property
    def database(self) -> Database:
        """The rows, drawn when they are first asked for: many a domain is unfit at sight."""
        return Database(self.domain.schema, self.domain.rows(self.seed, self.size))

    def close(self) -> None:
        if "database" in self.__dict__:
            self.database.close()

    def query(self, statement: str) -> list[tuple]:
        """The rows that a statement returns."""
        return self.database.run(statement).rows

    def values(self, table: Table, column: Column) -> list[Any]:
        """The different values that a column holds, NULL aside."""
        found = self.query(f"SELECT DISTINCT {column.name} FROM {table.name} WHERE {column.name} IS NOT NULL")
        return sorted(value for (value,) in found)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options.

        Raises:
            Unfit: there is none.
        """
        if not options:
            raise Unfit
        return self.rng.choice(options)

    def column(self, choose: Callable[[Table], Sequence[Column]], named: bool = False) -> tuple[Table, Any]:
        """A column among those that `choose` takes of each table, with its table; `named` asks for one with names."""
        tables = [table for table in self.domain.tables if table.label or not named]
        return self.pick([(table, column) for table in tables for column in choose(table)])

    def family(
        self, parent: Callable[[Table], Any] = lambda _: True, child: Callable[[Table], Any] = lambda _: True
    ) -> tuple[Table, Ref, Table]:
        """A reference between tables that suit, as (child table, its column, parent table)."""
        references = [
            (table, ref, self.domain.table(ref.to)) for table in self.domain.tables for ref in table.of_kind(Ref)
        ]
        return self.pick([(below, ref, above) for below, ref, above in references if parent(above) and child(below)])

    def children(self, parent: Table) -> list[Ref]:
        """The references to a table."""
        return [ref for table in self.domain.tables for ref in table.of_kind(Ref) if ref.to == parent.name]

    def row(self, table: Table, where: str = "1") -> dict[str, Any]:
        """A random row as {column: value}."""
        names = ["id", *(column.name for column in table.columns)]
        return dict(zip(names, self.pick(self.query(f"SELECT * FROM {table.name} WHERE {where}")), strict=True))

    def phrase(self, *phrasings: str, **words: Any) -> str:
        """One of several phrasings with its words filled in."""
        return sentence(" ".join(self.pick(phrasings).format(**words).split()))

    def name(self, table: Table, row: dict[str, Any]) -> str:
        """How a question mentions a row."""
        return table.refer.format(x=row[table.key])


def literal(value: Any) -> str:
    """A value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def step(kind: str, statement: str, save: str = "", **words: str) -> dict[str, Any]:
    """One statement of the expert.

    Args:
        kind: a key of `envs.db.thoughts.THOUGHTS`.
        statement: the SQL; `{name}` stands for a value that an earlier step saved.
        save: name under which the first value of the result is kept.
        words: what the thought's sentences are filled with.
    """
    return {"kind": kind, "sql": statement, "save": save, "words": words}


def check(table: Table, column: Column) -> dict[str, Any]:
    """The step of looking at the values of a column before one filters on it."""
    statement = f"SELECT DISTINCT {column.name} FROM {table.name}"
    return step("check", statement, table=table.name, column=column.name, noun=column.called)
