"""The database of the SQL world: results as a model reads them, errors that help, and what a state is."""

import json
import sqlite3
import threading
import time

import pytest

from envs.db.database import Database
from tests.small_database import fresh, refusal, show


@pytest.fixture
def database():
    database = fresh()
    yield database
    database.close()


# --- results and observations ---


def test_a_result_is_a_short_table(database):
    assert show(database, "SELECT id, score, NULL AS n FROM users WHERE id IN (1, 3)") == (
        "id | score | n\n1 | 0.333333333333333 | NULL\n3 | 1.0 | NULL"
    )
    assert show(database, "SELECT id FROM users WHERE id < 0") == "No rows."


def test_rows_beyond_the_tenth_are_counted(database):
    lines = show(database, "SELECT id FROM users WHERE id < 48").split("\n")
    assert (len(lines), lines[-1]) == (12, "... 38 more rows")
    assert show(database, "SELECT id FROM users WHERE id < 11").endswith("\n... 1 more row")
    assert show(database, "SELECT id FROM users WHERE id < 10").endswith("\n9")


def test_an_endless_result_is_cut_and_says_so(database):
    result = database.run("SELECT a.id FROM users a, users b")
    assert result.truncated
    assert database.render(result).endswith("... more than 9990 more rows")
    wide = database.run("SELECT replace(hex(note), '78', hex(note)) FROM orders, users LIMIT 9000")
    assert wide.truncated
    assert len(wide.rows) < 9000


def test_long_and_many_lined_cells_stay_on_one_short_line(database):
    cell = show(database, "SELECT char(10) || replace(hex(note), '78', 'long') FROM orders LIMIT 1").split("\n")[1]
    assert cell.startswith("\\nlonglong")
    assert cell.endswith("...")
    assert len(cell) == 80


@pytest.mark.parametrize(
    ("statement", "changed", "observation"),
    [
        ("UPDATE users SET score = 0 WHERE id < 3", 3, "3 rows changed."),
        ("DELETE FROM orders WHERE id = 5", 1, "1 row changed."),
        ("INSERT INTO users SELECT 999, 'q', 1, NULL", 1, "1 row changed."),
        ("WITH w AS (SELECT 999) INSERT INTO users SELECT *, 'q', 1, NULL FROM w", 1, "1 row changed."),
        ("UPDATE users SET score = 0 WHERE id < 0", 0, "0 rows changed."),
        ("UPDATE users SET score = 0 WHERE id < 2 RETURNING id", 2, "2 rows changed.\nid\n0\n1"),
        ("CREATE TABLE extra AS SELECT 1 AS one", None, "Done."),
        ("SELECT value FROM json_each('[7]')", None, "value\n7"),
        ("SELECT name FROM pragma_table_info('orders') LIMIT 1", None, "name\nid"),
        ("SELECT 1; -- a comment after it", None, "1\n1"),
    ],
)
def test_what_a_statement_changed(database, statement, changed, observation):
    result = database.run(statement)
    assert (result.changed, database.render(result)) == (changed, observation)


def test_explaining_a_change_changes_nothing(database):
    before = database.state_hash()
    assert database.run("EXPLAIN QUERY PLAN DELETE FROM orders").changed is None
    assert database.state_hash() == before


def test_strange_values_survive_everything(database):
    statement = "SELECT CAST(x'ff41' AS TEXT), 1e999, -1e999, 9223372036854775807, x'00ff', char(0), 9e18, 1e300"
    result = database.run(statement)
    assert result.rows == [
        ("\ufffdA", float("inf"), float("-inf"), 9223372036854775807, b"\x00\xff", "\0", 9e18, 1e300)
    ]
    assert json.loads(json.dumps(database.render(result))).split("\n")[1].startswith("\ufffdA | inf | -inf | 9223372")
    database.run("INSERT INTO users VALUES (-1, CAST(x'ff' AS TEXT), 1e999, x'fe')")
    assert len(database.state_hash()) == 64


# --- errors help ---


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "SELECT nme FROM users",
            "no such column: nme. Did you mean 'name'? Columns of users: id, name, score, joined.",
        ),
        ("SELECT u.nme FROM users u", "Did you mean 'name'?"),
        ("INSERT INTO users (ids) VALUES (1)", "Did you mean 'id'? Columns of users:"),
        ("SELECT * FROM user", "no such table: user. Did you mean 'users'? Tables: users, orders."),
        ("SELECT CONCAT(name, 'x') FROM users", "no such function: CONCAT. Join text with ||."),
        ("SHOW TABLES", "sqlite_master"),
        ("DESCRIBE users", "PRAGMA table_info"),
        ("SELEC 1", 'near "SELEC": syntax error'),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("", "The statement is empty."),
        (" ; -- nothing", "The statement is empty."),
        ("/* nothing", "The statement is empty."),
        ("SELECT ?", "placeholders"),
        ("SELECT * FROM users WHERE name = :name", "placeholders"),
        ("SELECT 'a\0b'", "null character"),
        ("SELECT '\ud800'", "surrogate"),
        ("INSERT INTO users VALUES (1, 'x', 0, NULL)", "UNIQUE constraint failed: users.id"),
        ("INSERT INTO orders VALUES (5000, 5000, '')", "FOREIGN KEY constraint failed"),
        ("SELECT '" + "x" * 30_000 + "'", "too long"),
        ("SELECT group_concat(note) FROM orders", "longer than 20000 bytes"),
    ],
)
def test_an_error_says_what_would_be_right(database, statement, words):
    first = refusal(database, statement)
    assert words in first
    assert refusal(database, statement) == first


# --- the state ---


def small(*rows, schema="CREATE TABLE t (a, b)"):
    database = Database(schema, {"t": list(rows)})
    hashed = database.state_hash()
    database.close()
    return hashed


def test_a_state_is_its_rows_in_any_order():
    assert small((1, "x"), (2, "y")) == small((2, "y"), (1, "x"))
    assert small((1, "x"), (1, "x")) != small((1, "x"))
    assert small((0.1 + 0.2, 3)) == small((0.3, 3.0))
    assert len({small((v, 0)) for v in (1, "1", b"1", None, "", 1.5, -1, 1e999, "NULL")}) == 9
    assert small(("a", "b")) != small(("b", "a"))
    assert small(schema="CREATE TABLE t (a, b, c)") != small()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET score = score + 0.001 WHERE id = 7",
        "INSERT INTO orders SELECT 5000, user_id, note FROM orders WHERE id = 7",
        "DELETE FROM orders WHERE id = 7",
        "UPDATE users SET name = upper(name) WHERE id = 7",
        "UPDATE users SET score = NULL WHERE id = 7",
        "CREATE TABLE extra (a)",
        "DROP TABLE orders",
        "CREATE INDEX i ON users (name)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM orders; END",
        "REPLACE INTO users VALUES (7, 'other', 1, NULL)",
        "WITH x AS (SELECT 7 AS id) DELETE FROM orders WHERE id IN (SELECT id FROM x)",
    ],
)
def test_every_change_changes_the_state(database, statement):
    before = database.state_hash()
    database.run(statement)
    assert database.state_hash() != before


def test_undoing_a_change_restores_the_state(database):
    before = database.state_hash()
    database.run("DELETE FROM orders WHERE id = 7")
    database.run("CREATE VIEW v AS SELECT 1")
    database.run("DROP VIEW v")
    database.run("INSERT INTO orders VALUES (7, 7, '" + "x" * 20 + "')")
    assert database.state_hash() == before


def test_the_hash_does_not_compute_what_an_agent_defined(database):
    database.run("CREATE TABLE g (s TEXT, slow AS (instr(s || s || s || s || s, s || s || 'b')))")
    text = "replace(hex(note || note), '78', '" + "a" * 90 + "')"
    for _ in range(4):
        database.run(f"INSERT INTO g (s) SELECT {text} FROM orders LIMIT 200")
    assert "takes too long" in refusal(database, "SELECT max(slow) FROM g")
    started = time.thread_time()
    database.state_hash()
    assert time.thread_time() - started < 0.3


def test_copies_are_equal_and_independent(database):
    copy = Database.from_bytes(database.serialize())
    assert copy.state_hash() == database.state_hash()
    copy.run("DELETE FROM orders")
    assert copy.state_hash() != database.state_hash()
    assert database.run("SELECT COUNT(*) FROM orders").rows == [(1000,)]
    assert "no clock" in refusal(copy, "SELECT date('now')")
    copy.close()
    copy.close()


def test_misuse_by_the_owner_is_no_mistake_of_the_model(database):
    caught = []

    def use():
        try:
            database.run("SELECT 1")
        except Exception as error:
            caught.append(type(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert caught == [sqlite3.ProgrammingError]
    other = Database.from_bytes(database.serialize())
    other.close()
    with pytest.raises(sqlite3.ProgrammingError):
        other.run("SELECT 1")
    with pytest.raises(sqlite3.Error):
        Database("CREATE TABLE t (a)", {"t": [(1, 2)]})
