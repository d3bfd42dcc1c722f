"""The guard of the SQL world: what is refused, what is stopped, and that nothing else ever happens."""

import re
import sqlite3
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.db.database import Database
from envs.errors import ToolError
from tests.small_database import fresh, refusal, show


@pytest.fixture
def database():
    database = fresh()
    yield database
    database.close()


# --- what is refused ---

REFUSED = [
    "ATTACH DATABASE '{folder}/stolen.db' AS stolen",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO '{folder}/stolen.db'",
    "PRAGMA journal_mode = wal",
    "PRAGMA writable_schema = 1",
    "PRAGMA database_list",
    "PRAGMA temp_store_directory = '{folder}'",
    "PRAGMA max_page_count = 1000000",
    "PRAGMA hard_heap_limit = 1000",
    "SELECT * FROM pragma_database_list",
    "SELECT load_extension('{folder}/evil')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('{folder}/x', 'x')",
    "SELECT fts3_tokenizer('simple')",
    "CREATE VIRTUAL TABLE v USING fts5(a)",
    "CREATE VIRTUAL TABLE v USING rtree(a, b, c)",
    "CREATE VIRTUAL TABLE v USING dbstat",
    "CREATE TEMP TABLE t (a)",
    "CREATE TABLE temp.t (a)",
    "CREATE TEMP VIEW t AS SELECT 1",
    "CREATE TEMP TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM orders; END",
    "UPDATE sqlite_master SET sql = ''",
    "DELETE FROM sqlite_schema",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_stmt",
    "ANALYZE",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT s",
    "RELEASE s",
    "SELECT printf('%.*c', 900000000, 'x')",
    "SELECT format('%900000000d', 1)",
    "SELECT \"printf\"('%.*c', 900000000, 'x')",
    "SELECT hex(zeroblob(1000000000))",
    "SELECT randomblob(10)",
    "SELECT random()",
    "SELECT * FROM users ORDER BY RANDOM()",
    "CREATE TABLE g (a, b AS (printf('%.*c', 900000000, 'x')))",
    "CREATE TABLE g (a, CHECK (printf('%.*c', 900000000, 'x') IS NOT NULL))",
    "CREATE INDEX i ON users (printf('%.*c', 900000000, name))",
    "ALTER TABLE users ADD COLUMN e AS (printf('%.*c', 900000000, 'x'))",
    "ALTER TABLE users RENAME TO people",
    "SELECT " + "+".join(["abs(1)"] * 199 + ["abs(1)", "abs(1)"]),
    "SELECT sqlite_version()",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_refused_and_nothing_changed_in_or_outside_the_database(database, statement, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, started = database.state_hash(), time.thread_time()
    assert refusal(database, statement.format(folder=tmp_path)).endswith(".")
    assert time.thread_time() - started < 0.5
    assert list(tmp_path.iterdir()) == []
    assert database.state_hash() == before
    assert show(database, "SELECT COUNT(*) FROM users").endswith("\n300")


@pytest.mark.parametrize(
    "default", ["random()", "printf('%.*c', 900000000, 'x')", "hex(zeroblob(9))", "CURRENT_TIMESTAMP", "date('now')"]
)
def test_a_default_value_cannot_call_what_is_refused(database, default):
    database.run(f"CREATE TABLE g (a, b DEFAULT ({default}))")
    assert re.search("not available|no clock", refusal(database, "INSERT INTO g (a) VALUES (1)"))
    assert database.run("SELECT COUNT(*) FROM g").rows == [(0,)]


def test_views_and_triggers_cannot_call_what_is_refused(database):
    database.run("CREATE VIEW v AS SELECT printf('%.*c', 900000000, 'x')")
    assert "printf() is not available" in refusal(database, "SELECT * FROM v")
    database.run("CREATE VIEW w AS SELECT sqlite_version()")
    assert "no such function: sqlite_version" in refusal(database, "SELECT * FROM w")
    database.run("CREATE TRIGGER t AFTER DELETE ON orders BEGIN INSERT INTO orders VALUES (random(), 1, ''); END")
    assert "no such function: random" in refusal(database, "DELETE FROM orders")


def test_a_failed_statement_leaves_nothing_behind(database):
    before = database.state_hash()
    refusal(database, "INSERT INTO users VALUES (1000, 'new', 0, NULL), (1, 'known', 0, NULL)")
    refusal(database, "INSERT OR ROLLBACK INTO users VALUES (1000, 'new', 0, NULL), (1, 'known', 0, NULL)")
    assert database.state_hash() == before


def test_a_statement_whose_rows_are_cut_has_still_happened(database):
    result = database.run(
        "INSERT INTO orders SELECT a.id * 300 + b.id + 1000, 1, '' FROM users a, users b WHERE a.id < 40 RETURNING id"
    )
    assert (result.truncated, result.changed) == (True, 12000)
    assert database.run("SELECT COUNT(*) FROM orders").rows == [(13000,)]


# --- what is stopped ---

LONG = (
    "(WITH RECURSIVE c(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM c WHERE length(s) < 8000) SELECT max(s) FROM c)"
)
LONGS = f"z(s) AS MATERIALIZED (SELECT {LONG})"
ENDLESS = f"WITH RECURSIVE {LONGS}, r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r) SELECT max({{}}) FROM r, z"
DOUBLED = (
    "WITH c0(x) AS (SELECT 1), " + ", ".join(f"c{i}(x) AS ({{}})" for i in range(1, 40)) + " SELECT count(*) FROM c39"
)
NESTED = "SELECT coalesce(" + ", ".join("x" * 100) + ") AS x FROM ({})"


def doubled(template):
    return DOUBLED.format(*(template.replace("c#", f"c{i}") for i in range(39)))


STOPPED = {
    "endless recursion": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
    "cross join": "SELECT count(*) FROM orders a, orders b, orders c, orders d",
    "sorted cross join": "SELECT a.id FROM orders a, orders b, orders c ORDER BY c.note || a.note, b.id",
    "huge concatenation": "SELECT group_concat(a.note || b.note) FROM orders a, orders b",
    "doubling text": "WITH RECURSIVE c(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM c) SELECT max(s) FROM c",
    "many big rows": f"WITH RECURSIVE c(i, s) AS (SELECT 1, {LONG} UNION ALL SELECT i + 1, s FROM c) "
    "SELECT * FROM c ORDER BY i % 7",
    "growth": "CREATE TABLE big AS SELECT a.note FROM orders a, orders b",
    "growth in place": "INSERT INTO orders SELECT NULL, 1, a.note FROM orders a, orders b",
    "instr": ENDLESS.format("instr(s || s, s || 'b')"),
    "replace": ENDLESS.format("replace(s || s, s || 'b', '')"),
    "trim": ENDLESS.format("trim(s || s, replace(s, 'a', 'zq') || 'a')"),
    "like": ENDLESS.format("s || s LIKE '%' || substr(s, 1, 190) || 'b'"),
    "like wildcards": ENDLESS.format("s || s LIKE '%a%a%a%a%a%a%a%a%a%a%b'"),
    "glob": ENDLESS.format("s || s GLOB '*a*a*a*[ab]*a*a*a*b'"),
    "json": ENDLESS.format("json_patch('[' || replace(s, 'a', '1,') || '1]', '{}')"),
    "straight line": f"WITH {LONGS} SELECT max({' + '.join(['instr(s || s, s || char(98))'] * 90)}) FROM orders, z",
    "doubled joins": doubled("SELECT a.x FROM c# a, c# b"),
    "doubled unions": doubled("SELECT x FROM c# UNION ALL SELECT x FROM c#"),
    "doubled subqueries": doubled("SELECT (SELECT x FROM c#) + (SELECT x FROM c#)"),
    "nested expressions": NESTED.format(NESTED.format(NESTED.format(NESTED.format("SELECT id AS x FROM users")))),
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_runaway_statement_is_stopped_soon(database, name):
    before, started = database.state_hash(), time.thread_time()
    text = refusal(database, STOPPED[name])
    assert time.thread_time() - started < 1.5
    words = ("takes too long", "too much memory", "longer than", "not grow", "too many references")
    assert any(w in text for w in words), text
    assert database.state_hash() == before
    assert show(database, "SELECT COUNT(*) FROM users").endswith("\n300")


def test_nested_views_are_stopped_too(database):
    database.run("CREATE VIEW v0 AS SELECT id FROM users")
    for i in range(1, 25):
        database.run(f"CREATE VIEW v{i} AS SELECT a.id FROM v{i - 1} a, v{i - 1} b")
    started = time.thread_time()
    refusal(database, "SELECT * FROM v24")
    refusal(database, "SELECT * FROM v240")
    database.state_hash()
    assert time.thread_time() - started < 2


def test_honest_work_is_not_stopped(database):
    query = (
        "SELECT u.name, COUNT(*) AS n, SUM(LENGTH(o.note)) FROM users u JOIN orders o ON o.user_id = u.id "
        "WHERE u.score > (SELECT AVG(score) FROM users) GROUP BY u.id HAVING n > 2 ORDER BY n DESC, u.name LIMIT 5"
    )
    assert len(database.run(query).rows) == 5
    values = ", ".join(f"({i}, 'x', 1, NULL)" for i in range(1000, 1400))
    assert database.run(f"INSERT INTO users VALUES {values}").changed == 400
    correlated = "SELECT COUNT(*) FROM orders a WHERE a.id = (SELECT MAX(b.id) FROM orders b WHERE b.note = a.note)"
    assert database.run(correlated).rows == [(1,)]


# --- no clock, no chance ---


@pytest.mark.parametrize(
    "expression",
    [
        "date('now')",
        "DATE('NOW', '-1 day')",
        "datetime()",
        "time()",
        "julianday('now')",
        "unixepoch()",
        "date(x'6e6f77')",
        "date('n' || 'ow')",
        "date('now' || char(0) || 'x')",
        "strftime('%Y')",
        "strftime('%Y', 'now')",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "datetime('2024-01-01', 'localtime')",
        "datetime('2024-01-01', 'UTC')",
    ],
)
def test_there_is_no_clock_and_no_time_zone(database, expression):
    assert refusal(database, f"SELECT {expression}").startswith("There is no clock here")


def test_a_default_of_the_clock_is_refused():
    database = Database("CREATE TABLE log (line TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP)", {})
    assert "no clock" in refusal(database, "INSERT INTO log (line) VALUES ('x')")
    assert database.run("INSERT INTO log VALUES ('x', '2024-01-01')").changed == 1
    database.close()


plain = sqlite3.connect(":memory:", check_same_thread=False)
moments = st.datetimes().map(lambda d: d.strftime("%Y-%m-%d %H:%M:%S")) | st.sampled_from(
    ["x", "", "12:00", 2460310.5, None]
)
modifiers = st.sampled_from(["+1 month", "-3 days", "start of year", "weekday 1", "unixepoch", "wrong"])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["date", "time", "datetime", "julianday", "unixepoch"]), moments, st.lists(modifiers, max_size=2)
)
def test_dates_are_what_sqlite_says(name, moment, changes):
    database = Database("CREATE TABLE t (a)", {})
    values = ", ".join("NULL" if v is None else repr(v) for v in (moment, *changes))
    assert database.run(f"SELECT {name}({values})").rows == plain.execute(f"SELECT {name}({values})").fetchall()
    strftime = f"SELECT strftime('%Y %m %d %H %j %w', {values})"
    assert database.run(strftime).rows == plain.execute(strftime).fetchall()
    database.close()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["trim", "ltrim", "rtrim"]),
    st.text("ab é", max_size=8),
    st.text("ab é", max_size=3) | st.just(None),
)
def test_trim_is_what_sqlite_says(name, text, characters):
    database = Database("CREATE TABLE t (a)", {})
    second = "NULL" if characters is None else repr(characters)
    call = f"SELECT {name}('{text}', {second}), {name}('{text}'), {name}(12.0, 2)"
    assert database.run(call).rows == plain.execute(call).fetchall()
    database.close()


# --- anything at all ---

names = st.sampled_from(
    ["users", "orders", "id", "name", "u", "sqlite_master", "nme", '"id"', "temp.users", "json_each"]
)
literals = st.sampled_from(
    ["1", "'x'", "NULL", "1e999", "x'ff'", "9223372036854775808", "-1", "'%'", "?", "*", "('a')"]
)
calls = st.sampled_from(
    "abs char hex instr replace printf zeroblob group_concat max round date json_set substr lag trim".split()
)
expressions = st.recursive(
    names | literals,
    lambda inner: (
        st.builds("{}({}, {})".format, calls, inner, inner)
        | st.builds("({} {} {})".format, inner, st.sampled_from("+ || = LIKE GLOB IN IS < -> % <<".split()), inner)
        | st.builds("(SELECT {} FROM {})".format, inner, names)
    ),
    max_leaves=8,
)
statements = st.one_of(
    st.builds("SELECT {} FROM {} WHERE {} ORDER BY {}".format, expressions, names, expressions, expressions),
    st.builds("UPDATE {} SET {} = {} WHERE {}".format, names, names, expressions, expressions),
    st.builds("INSERT INTO {} VALUES ({}, {})".format, names, expressions, expressions),
    st.builds("DELETE FROM {} WHERE {}".format, names, expressions),
    st.builds("CREATE TABLE {} (a, b AS ({}), CHECK ({}))".format, names, expressions, expressions),
    st.builds(
        "WITH RECURSIVE c(x) AS (SELECT {} UNION SELECT {} FROM c) SELECT * FROM c".format, expressions, expressions
    ),
    st.lists(
        st.one_of(names, literals, calls, st.sampled_from("SELECT FROM WITH AS ( ) , ; -- /* PRAGMA ' \"".split()))
    ).map(" ".join),
    st.text(max_size=60),
    st.text(st.characters(codec=None), max_size=20),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(statements, min_size=1, max_size=3))
def test_no_statement_raises_anything_else_or_runs_on(script):
    database = Database("CREATE TABLE users (id INTEGER, name TEXT); CREATE TABLE orders (id, name)", {
        "users": [(i, f"name{i}") for i in range(20)], "orders": [(i, i) for i in range(20)],
    })  # fmt: skip
    for statement in script:
        started = time.thread_time()
        try:
            observation = show(database, statement)
        except ToolError as error:
            observation = str(error)
        assert time.thread_time() - started < 1.5
        observation.encode()
        assert observation
    database.state_hash()
    database.close()
