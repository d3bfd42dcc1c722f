"""Rows in requests to change the data: what a new one could hold, how one is said, found and added."""

from typing import Any

from envs.db.domains.columns import Category, Column, Label, Ref
from envs.db.domains.schema import Table
from envs.db.templates.base import Scene, check, literal, step
from envs.db.templates.drafts import quoted

__all__ = ["find_row", "insert", "new_row", "new_value"]


def new_value(scene: Scene, column: Column, taken: list[Any]) -> Any:
    """A value that the column could hold and that is not taken."""
    return scene.pick([value for value in column.draw(scene.rng, 8, {}, {}) if value not in taken])


def find_row(table: Table, row: dict[str, Any], save: str) -> dict[str, Any]:
    """The step that looks a row's id up by its name."""
    statement = f"SELECT id FROM {table.name} WHERE {table.key} = {literal(row[table.key])}"
    return step("find", statement, save=save, table=table.name, name=str(row[table.key]), one=table.noun)


def insert(table: Table, values: dict[str, str]) -> str:
    """The statement that adds a row, from {column: SQL}."""
    return f"INSERT INTO {table.name} ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def new_row(scene: Scene, table: Table, given: tuple[str, ...] = ()) -> tuple[dict[str, str], list, list[dict]]:
    """A row to be added: ({column: SQL}, what is said of it, looks at coded columns), without the columns given."""
    values: dict[str, str] = {}
    said, looks = [], []
    for column in table.columns:
        if column.null or isinstance(column, Ref) or column.name in given:
            continue
        value = new_value(scene, column, scene.values(table, column) if isinstance(column, Label) else [])
        values[column.name] = literal(value)
        said.append((column, quoted(table, value) if isinstance(column, Label) else column.dictate(value)))
        if isinstance(column, Category) and column.coded:
            looks.append(check(table, column))
    return values, said, looks
