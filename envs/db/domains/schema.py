"""How a domain is described: its tables, what their rows are called, and how many are drawn."""

import random
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

from envs.db.domains.columns import Category, Column, Drawn, Label, Number
from envs.db.english import plural

__all__ = ["Domain", "Link", "Table"]


@dataclass(frozen=True)
class Table:
    """A table, whose first column is `id`.

    Args:
        name: its name in SQL.
        noun: one row of it.
        columns: the others, parents' references included.
        weight: its share of a database's rows.
        person: whether one says "who" rather than "that".
        refer: how a row is mentioned by its name or, where it has none, its id: "{x}", "the {x}", "order {x}".
    """

    name: str
    noun: str
    columns: tuple[Column, ...]
    _: KW_ONLY
    weight: float = 1.0
    person: bool = False
    refer: str = "{x}"

    @property
    def many(self) -> str:
        return plural(self.noun)

    @cached_property
    def label(self) -> Label | None:
        return next((column for column in self.columns if isinstance(column, Label)), None)

    @property
    def key(self) -> str:
        """The column by which people know a row."""
        return self.label.name if self.label else "id"

    @property
    def who(self) -> str:
        return "who" if self.person else "that"

    def of_kind(self, *kinds: type[Column]) -> list[Any]:
        """The columns of these kinds that are never empty."""
        return [column for column in self.columns if isinstance(column, kinds) and not column.null]

    @property
    def measures(self) -> list[Number]:
        """Numbers whose average makes sense."""
        return [column for column in self.of_kind(Number) if column.measure]

    @property
    def plain_categories(self) -> list[Category]:
        """Categories whose stored values are the words that people use."""
        return [column for column in self.of_kind(Category) if not column.coded]

    @property
    def optional(self) -> list[Column]:
        """Columns that may be empty."""
        return [column for column in self.columns if column.null]

    @property
    def sql(self) -> str:
        return f"CREATE TABLE {self.name} (id INTEGER PRIMARY KEY, {', '.join(c.sql for c in self.columns)});"


@dataclass(frozen=True)
class Link:
    """Rows of `left` and `right` that meet in the table `through`: students, enrolments, courses, "take {v}"."""

    left: str
    through: str
    right: str
    pred: str


@dataclass(frozen=True)
class Domain:
    """A small world: its tables, parents before their children."""

    name: str
    tables: tuple[Table, ...]
    links: tuple[Link, ...] = ()

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    @cached_property
    def schema(self) -> str:
        """The CREATE TABLE statements."""
        return "\n".join(table.sql for table in self.tables)

    def rows(self, seed: str, size: int) -> dict[str, list[tuple]]:
        """Draw about `size` rows, spread over the tables by their weights. The same seed gives the same rows."""
        rng = random.Random(f"{self.name}/{seed}")
        counts: dict[str, int] = {}
        rows: dict[str, list[tuple]] = {}
        whole = sum(table.weight for table in self.tables)
        for table in self.tables:
            capacity = table.label.capacity if table.label else size
            counts[table.name] = count = max(3, min(capacity, round(size * table.weight / whole)))
            drawn: Drawn = {}
            for column in table.columns:
                drawn[column.name] = column.values(rng, count, drawn, counts)
            rows[table.name] = list(zip(range(1, count + 1), *drawn.values(), strict=True))
        return rows
