"""Task derivation: records in Spider's and BIRD's layout become `db` tasks, or are dropped for a named reason."""

import gzip
import json
import os
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs import Task, UsageError
from envs.db.database import Database
from envs.db.env import DbEnv
from envs.db.grade import answers_match
from envs.db.source import image
from envs.db.written import _tie_broken, is_ordered
from envs.derive import derive, read_database, read_records
from envs.proof import Rejected
from envs.registry import load_tasks
from envs.testing import check_task, play
from envs.types import ToolCall

DATA = Path(os.environ.get("AGENTTUNING_DATA", Path(__file__).parents[2] / "shared" / "data")) / "tasks"
PORTS = """
CREATE TABLE port (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE, people INT, note VARCHAR(9));
CREATE TABLE ship (id INTEGER PRIMARY KEY, port_id INTEGER REFERENCES port(id), tons REAL, "built in" TEXT);
CREATE UNIQUE INDEX by_name ON port (name);
CREATE VIEW large AS SELECT * FROM ship WHERE tons > 20;
CREATE TRIGGER log AFTER INSERT ON ship BEGIN DELETE FROM port; END;
"""


def database(folder, name, schema=PORTS, rows=(), part="database"):
    path = folder / part / name / f"{name}.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
        for table, values in rows:
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
        connection.commit()
    return path


@pytest.fixture
def spider(tmp_path):
    """A folder with the databases `ports` and `big`; returns a function that writes records into it."""
    towns = [("Faro", 60_000, None), ("Porto", 230_000, "x"), ("Vigo", 290_000, None), ("Cadiz", 110_000, None)]
    rows = [("port", (i + 2, *town)) for i, town in enumerate(towns)]
    ships = [(2, 12.5, "1999"), (3, 40.0, "2001"), (3, 41.0, "1999"), (4, 22.0, "2010")]
    database(
        tmp_path, "ports", PORTS.partition("CREATE TRIGGER")[0], rows + [("ship", (i, *s)) for i, s in enumerate(ships)]
    )
    with closing(sqlite3.connect(tmp_path / "database/ports/ports.sqlite")) as connection:
        connection.executescript(PORTS[PORTS.index("CREATE TRIGGER") :])
    database(tmp_path, "big", "CREATE TABLE t (a TEXT)", [("t", ("x" * 500,))] * 300)
    database(tmp_path, "pictures", "CREATE TABLE t (a BLOB)", [("t", (b"\x00",))])

    def write(*records, file="train.json"):
        rows = [{"db_id": "ports", "question": f"Question {i}?"} | record for i, record in enumerate(records)]
        (tmp_path / file).write_text(json.dumps(rows), encoding="utf-8")
        return tmp_path

    return write


def run(folder, **options):
    """The tasks that came out, and (index, reason) of what did not."""
    out = folder / "tasks.jsonl"
    code = derive(folder, out, **options)
    lines = (folder / "tasks.dropped.jsonl").read_text(encoding="utf-8").splitlines()
    dropped = [(row["index"], row["reason"]) for row in map(json.loads, lines)]
    tasks = [Task.from_json(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert code == (0 if tasks else 1)
    return tasks, dropped


def score(task, query, values):
    env = DbEnv()
    calls = [ToolCall("sql", {"query": query}), ToolCall("answer", {"values": values})]
    rows = play(env, task, (env.write(call, "Next.") for call in calls))
    env.close()
    return rows[-1][1]


def test_a_question_becomes_a_task_with_its_database_its_answer_and_its_hint(spider):
    folder = spider(
        {
            "question": "Which ports have more than 100000 people?",
            "query": "SELECT name FROM port WHERE people > 100000;",
        },
        {"question": "How heavy is the fleet?", "SQL": "SELECT sum(tons) FROM ship", "evidence": "tons is the weight"},
        {"question": "Ports from small to large?", "query": "SELECT Name FROM port ORDER BY people"},
    )
    tasks, dropped = run(folder)
    assert dropped == []
    assert load_tasks(str(folder / "tasks.jsonl")) == tasks
    ports, weight, sizes = tasks
    assert ports.prompt == "Which ports have more than 100000 people?"
    assert weight.prompt == "How heavy is the fleet?\n\nNote: tons is the weight"
    assert {(t.env, t.split, t.template) for t in tasks} == {(DbEnv.id, "train", "derived-ports")}
    assert [t.data["ordered"] for t in tasks] == [False, False, True]
    assert weight.reference[-1] == ToolCall("answer", {"values": [115.5]})
    assert [problem for task in tasks for problem in check_task(DbEnv, task)] == []
    # Collations, keys and views came along; a trigger did not.
    assert score(ports, "SELECT id FROM port WHERE name = 'PORTO'", ["Cadiz", "Vigo", "Porto"]) == 1.0
    assert score(ports, "INSERT INTO ship VALUES (9, 2, 1, '')", ["Cadiz", "Vigo", "Porto"]) == 0.0
    assert score(sizes, "SELECT 1", ["Faro", "Cadiz", "Porto", "Vigo"]) == 1.0
    assert score(sizes, "SELECT 1", ["Faro", "Porto", "Cadiz", "Vigo"]) == 0.0
    assert set(ports.data["tables"]) == {"port", "ship"}
    assert not [sql for sql in ports.data["schema"] if "TRIGGER" in sql]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"query": "SELECT name FROM harbour"}, "unsolvable"),
        ({"query": "SELECT name FROM port; SELECT 1"}, "unsolvable"),
        ({"query": "SELECT name FROM port WHERE people < 0"}, "trivial"),
        ({"query": "SELECT note FROM port WHERE note IS NULL"}, "trivial"),
        ({"query": "SELECT max(tons) FROM ship WHERE tons > 99"}, "trivial"),
        ({"query": "SELECT a.id, b.id FROM ship a, ship b"}, "unseen"),
        ({"query": "SELECT hex(quote(name || name || name || name || name)) || hex(name) FROM large, port"}, "unseen"),
        ({"query": "SELECT replace(quote('y'), 'y', hex('0123456789012345678901234567890123456789'))"}, "unseen"),
        ({"query": "SELECT CAST(name AS BLOB) FROM port"}, "unseen"),
        ({"query": "SELECT name FROM port LIMIT 1"}, "flaky"),
        ({"query": 'SELECT id FROM ship ORDER BY "built in"'}, "flaky"),
        ({"query": 'SELECT id FROM ship ORDER BY "built in" LIMIT 1'}, "flaky"),
        ({"query": "SELECT port_id FROM ship WHERE tons <> 41 GROUP BY 1 ORDER BY count(*) LIMIT 1"}, "flaky"),
        ({"query": "SELECT name FROM port WHERE id = (SELECT id FROM port ORDER BY note IS NULL LIMIT 1, 1)"}, "flaky"),
        ({"query": "SELECT port_id, tons FROM ship GROUP BY port_id"}, "flaky"),
        ({"query": "SELECT group_concat(tons) FROM ship GROUP BY port_id HAVING count(*) > 1"}, "flaky"),
        ({"query": "ATTACH '/tmp/other.db' AS other"}, "refused"),
        ({"query": "SELECT strftime('%Y', 'now')"}, "refused"),
        ({"query": "SELECT count(*) FROM ship a, ship b, " + ", ".join(f"ship c{i}" for i in range(20))}, "refused"),
        ({"query": "SELECT count(*) FROM t", "db_id": "big"}, "database"),
        ({"query": "SELECT count(*) FROM t", "db_id": "pictures"}, "database"),
    ],
)
def test_what_makes_no_fair_task_is_dropped_for_a_reason(spider, record, reason):
    assert run(spider(record)) == ([], [(0, reason)])


def test_the_same_question_twice_is_one_task(spider):
    record = {"question": "How many ships?", "query": "SELECT count(*) + 40 FROM ship"}
    tasks, dropped = run(spider(record, record | {"query": "SELECT count(*) + 50 FROM ship"}))
    assert (len(tasks), dropped) == (1, [(1, "repeated")])


def test_the_reasons_are_counted_and_large_databases_named(spider, capsys):
    folder = spider({"query": "SELECT 1", "db_id": "big"}, {"query": "SELECT x"}, {"query": "SELECT y"})
    run(folder)
    shown = capsys.readouterr().out
    assert "2 unsolvable The solution or the check fails" in shown
    assert "big: it has more than 100,000 characters" in shown
    assert "0 of 3 records are tasks" in shown
    tasks, dropped = run(spider({"query": "SELECT count(*) FROM t", "db_id": "big"}), largest=200_000, split="explore")
    assert ([task.split for task in tasks], dropped) == (["explore"], [])


def test_birds_layout_is_read_too(tmp_path):
    database(tmp_path, "shop", "CREATE TABLE t (a INT)", [("t", (512,))], part="train_databases")
    (tmp_path / "train.json").write_text(
        json.dumps([{"question": "How many?", "SQL": "SELECT a FROM t", "db_id": "shop"}])
    )
    assert len(run(tmp_path)[0]) == 1


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[", "is not JSON"),
        ("{}", "must be a list of records"),
        ("[3]", "record 0 is not a JSON object"),
        (
            '[{"question": "?", "sql": "SELECT 1", "db_id": "ports"}]',
            "its query must be text, not None; it has question, sql",
        ),
        ('[{"question": "", "query": "SELECT 1", "db_id": "ports"}]', "its question must be text"),
        ('[{"question": "?", "query": "SELECT 1", "db_id": "docks"}]', "there is no database 'docks'"),
        ('[{"question": "?", "query": "SELECT 1", "db_id": "../ports"}]', "leads to another folder"),
    ],
)
def test_a_wrong_file_is_named_before_any_work(spider, written, words):
    folder = spider()
    (folder / "train.json").write_text(written)
    with pytest.raises(UsageError, match=words):
        derive(folder, folder / "tasks.jsonl")
    assert not (folder / "tasks.jsonl").exists()


def test_wrong_use_is_named(spider):
    with pytest.raises(UsageError, match=r"there is no .*dev\.json; the folder has train\.json"):
        read_records(spider() / "dev.json")
    with pytest.raises(UsageError, match="Did you mean 'train'"):
        derive(spider(), Path("x"), split="trian")


def test_a_file_that_is_no_database_is_dropped(tmp_path):
    (tmp_path / "no.sqlite").write_text("no database at all, but long enough to be looked at" * 10)
    with pytest.raises(Rejected, match="not a database"):
        read_database(tmp_path / "no.sqlite", 1000)


@pytest.mark.parametrize(
    "statement", ["ATTACH '{}/x.db' AS x", "CREATE TABLE t AS SELECT load_extension('x')", "VACUUM"]
)
def test_the_schema_that_a_task_carries_is_not_trusted(tmp_path, statement):
    data = {
        "schema": [statement.format(tmp_path)],
        "tables": {},
        "gold": ["SELECT 1"],
        "write": False,
        "ordered": False,
    }
    task = Task(DbEnv.id, "What?", data, reference=(ToolCall("answer", {"values": [1]}),))
    with pytest.raises(UsageError, match=f"task {task.id} .*its tables cannot be built"):
        DbEnv().reset(options={"task": task})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("statement", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM t order  by a DESC LIMIT 3;", True),
        ("SELECT a FROM t UNION SELECT b FROM u ORDER BY 1", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY f(a, (b)))", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", False),
        ("SELECT 'ORDER BY' FROM t -- ORDER BY a", False),
        ('SELECT "order by", [order by], `order by` FROM t /* ORDER\nBY */', False),
        ("SELECT ')' FROM t ORDER BY '('", True),
        ("SELECT reorder, by FROM t", False),
    ],
)
def test_a_sorted_query_is_one_that_sorts_outermost(statement, ordered):
    assert is_ordered(statement) == ordered


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("SELECT a FROM t", "SELECT a FROM t"),
        ("SELECT a FROM t LIMIT 1", "SELECT a FROM t LIMIT 1"),
        ("SELECT a FROM t ORDER BY b ;\n", "SELECT a FROM t ORDER BY b, 1 DESC  ;\n"),
        ("SELECT a FROM t ORDER BY b -- c", "SELECT a FROM t ORDER BY b, 1 DESC  -- c"),
        (
            "SELECT (SELECT a FROM t ORDER BY b LIMIT 1), rank() OVER (ORDER BY c) FROM t ORDER BY f(b) DESC LIMIT 2",
            "SELECT (SELECT a FROM t ORDER BY b , 1 DESC LIMIT 1), rank() OVER (ORDER BY c) FROM t "
            "ORDER BY f(b) DESC , 1 DESC LIMIT 2",
        ),
        ("SELECT a FROM t ORDER BY ')' , 'limit'", "SELECT a FROM t ORDER BY ')' , 'limit', 1 DESC "),
    ],
)
def test_ties_are_broken_where_an_order_matters(statement, broken):
    assert _tie_broken(statement, "DESC") == broken


VALUES = (
    st.none() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8), st.sampled_from(["", "INTEGER", "TEXT", "REAL"]))
def test_a_copied_database_holds_what_the_file_held(tmp_path_factory, rows, kind):
    rows = [tuple(v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in row) for row in rows]
    schema = f'CREATE TABLE "a b" (x {kind}, "y""z" {kind})'
    path = database(tmp_path_factory.mktemp("copied"), "d", schema, [('"a b"', row) for row in rows])
    source = read_database(path, 100_000)
    carried = json.loads(json.dumps(source))
    with closing(sqlite3.connect(path)) as connection:
        assert [tuple(row) for row in carried["tables"]["a b"]] == connection.execute('SELECT * FROM "a b"').fetchall()
    with closing(Database.from_bytes(image(carried))) as copy:
        assert copy.rows("a b") == [tuple(row) for row in source["tables"]["a b"]]


@pytest.mark.skipif(not DATA.exists(), reason=f"no Spider questions at {DATA}; set AGENTTUNING_DATA to the data folder")
def test_most_of_spiders_public_questions_become_tasks(tmp_path):
    with gzip.open(DATA / "spider_dev_dbs.json.gz", "rt", encoding="utf-8") as file:
        for name, tables in json.load(file).items():
            if name != "world_1":
                _from_json(tmp_path, name, tables)
    with gzip.open(DATA / "spider_dev_public.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    records = [record for record in records if record["db"] != "world_1"][:40]
    rows = [{"db_id": record["db"], "question": record["question"], "query": record["gold"]} for record in records]
    (tmp_path / "dev.json").write_text(json.dumps(rows), encoding="utf-8")
    tasks, dropped = run(tmp_path, file="dev.json", split="dev")
    assert len(tasks) >= 25
    assert Counter(reason for _, reason in dropped).keys() <= {"unseen", "trivial", "flaky", "repeated"}
    gold = {(f"derived-{record['db']}", record["question"]): record["gold_rows"] for record in reversed(records)}
    for task in tasks:
        rows = [tuple(row) for row in gold[task.template, task.prompt]]
        assert answers_match(task.reference[-1].arguments["values"], rows, task.data["ordered"])


def _from_json(folder, name, tables):
    """A database of the public questions as a file; they come from MySQL, which compares text without case."""
    quoted = '"{}"'.format
    for table in tables:
        columns = [f"{quoted(c['name'])} {c['type']} COLLATE NOCASE" for c in table["columns"]]
        keys = ", ".join(map(quoted, table["primary_key"]))
        table["sql"] = (
            f"CREATE TABLE {quoted(table['name'])} ({', '.join(columns)}{f', PRIMARY KEY ({keys})' if keys else ''});"
        )
    rows = [(quoted(table["name"]), row) for table in tables for row in table["rows"]]
    database(folder, name, "\n".join(table["sql"] for table in tables), rows)
