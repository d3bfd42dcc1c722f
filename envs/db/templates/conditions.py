"""Conditions on rows, each as SQL and as the words that ask for it."""

from dataclasses import dataclass

from envs.db.domains.columns import Category, Column, Date, Number
from envs.db.domains.schema import Table
from envs.db.english import article, say_day, say_month
from envs.db.templates.base import Scene, Unfit, check, literal

__all__ = ["Condition", "absent", "any_of", "between", "beyond", "during", "equal", "round_near"]


@dataclass(frozen=True)
class Condition:
    """A test of one column.

    Args:
        pred: plural predicate, "live in Porto".
        mod: the same after the noun, "from Porto".
    """

    table: Table
    column: Column
    test: str
    pred: str
    mod: str

    @property
    def sql(self) -> str:
        return f"{self.column.name} {self.test}"

    @property
    def full(self) -> str:
        """The SQL with the table's name, for a query over several tables."""
        return f"{self.table.name}.{self.sql}"

    @property
    def checks(self) -> list[dict]:
        """A look at the stored values where the question's word is not the stored one."""
        return [check(self.table, self.column)] if self.column.coded else []


def equal(scene: Scene, table: Table, column: Category, value: str | None = None) -> Condition:
    """A category has a value, by default one that occurs."""
    value = scene.pick(scene.values(table, column)) if value is None else value
    said = column.say(value)
    pred = column.pred.format(v=said)
    mod = column.mod.format(v=said) if column.mod else f"{table.who} {pred}"
    return Condition(table, column, f"= {literal(value)}", pred, mod)


def beyond(scene: Scene, table: Table, column: Number) -> Condition:
    """A number is above or below a threshold."""
    values = scene.values(table, column)
    if len(values) < 4:
        raise Unfit
    upward = scene.rng.random() < 0.6
    bound = round_near(values, scene.rng.randrange(1, len(values) - 1))
    pred = column.beyond(upward).format(v=column.say(bound))
    return Condition(table, column, f"{'>' if upward else '<'} {bound}", pred, f"{table.who} {pred}")


def between(scene: Scene, table: Table, column: Number) -> Condition:
    """A number lies between two bounds, neither of which occurs."""
    values = scene.values(table, column)
    if len(values) < 6:
        raise Unfit
    start = scene.rng.randrange(len(values) - 3)
    low = round_near(values, start)
    high = round_near(values, scene.rng.randrange(start + 1, min(start + 6, len(values))))
    if low >= high or low in values or high in values:
        raise Unfit
    span = f"{article(column.called)} between {low} and {high if column.counts else column.say(high)}"
    pred, mod = f"have {span}", f"with {span}"
    return Condition(table, column, f"BETWEEN {low} AND {high}", pred, mod)


def during(scene: Scene, table: Table, column: Date) -> Condition:
    """A day lies in a month or a year, or after or before a day."""
    day = scene.pick(scene.values(table, column))
    kind = scene.pick(("month", "year", "after", "before"))
    if kind == "month":
        test, time = f"LIKE '{day[:7]}%'", f"in {say_month(day[:7])}"
    elif kind == "year":
        test, time = f"LIKE '{day[:4]}%'", f"in {day[:4]}"
    else:
        test, time = f"{'>' if kind == 'after' else '<'} '{day}'", f"{kind} {say_day(day)}"
    mod = column.mod or f"{table.who} {column.pred}"
    return Condition(table, column, test, f"{column.pred} {time}", f"{mod} {time}")


def absent(table: Table, column: Column) -> Condition:
    """A column is empty."""
    return Condition(table, column, "IS NULL", column.missing, f"{table.who} {column.missing}")


def any_of(scene: Scene, table: Table, *kinds: type[Column]) -> Condition:
    """A condition on one of the table's columns of these kinds, none of them one that may be empty."""
    column = scene.pick(table.of_kind(*kinds))
    if isinstance(column, Category):
        return equal(scene, table, column)
    if isinstance(column, Number):
        return beyond(scene, table, column)
    return during(scene, table, column)


def round_near(values: list[float], place: int) -> float:
    """A round number near the value at a place of a sorted list."""
    fine = [unit for unit in _UNITS if unit <= (values[-1] - values[0]) / 6]
    unit = fine[0] if fine else _UNITS[-1]
    number = round(values[place] / unit) * unit
    return int(number) if number == int(number) else number


_UNITS = (50000, 10000, 5000, 1000, 500, 100, 50, 10, 5, 1, 0.5)
