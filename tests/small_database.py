"""A small database for the tests of the SQL world."""

from functools import cache

import pytest

from envs.db.database import Database
from envs.errors import ToolError

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, score REAL, joined TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), note TEXT DEFAULT 'a;b');
"""
TABLES = {
    "users": [(i, f"name{i}", i / 3, f"2024-01-{i % 28 + 1:02d}") for i in range(300)],
    "orders": [(i, i % 300, "x" * 20) for i in range(1000)],
}


@cache
def image():
    built = Database(SCHEMA, TABLES)
    try:
        return built.serialize()
    finally:
        built.close()


def fresh():
    return Database.from_bytes(image())


def show(database, statement):
    return database.render(database.run(statement))


def refusal(database, statement):
    with pytest.raises(ToolError) as caught:
        database.run(statement)
    return str(caught.value)
