"""Tasks in AgentBench's DB format: loading, refusing, playing, grading."""

import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from envs.db.agentbench import AgentbenchDbEnv, load
from envs.errors import UsageError
from envs.registry import env_class, load_tasks
from envs.testing import check_task, play
from envs.types import Task, ToolCall

FIXTURE = Path(__file__).parent / "data" / "agentbench_db.jsonl"
DATA = Path(os.environ.get("AGENTTUNING_DATA", Path(__file__).parents[2] / "shared" / "data"))
REAL = DATA / "tasks" / "agentbench_db_dev.jsonl"


def records():
    return [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]


def written(folder, *rows):
    path = folder / "tasks.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def score(task, *calls):
    env = AgentbenchDbEnv()
    rows = play(env, task, (env.write(call, "Next.") for call in calls))
    env.close()
    return rows[-1][1]


def sql(query):
    return ToolCall("sql", {"query": query})


def answer(*values):
    return ToolCall("answer", {"values": list(values)})


@pytest.mark.parametrize("task", load(FIXTURE), ids=lambda task: task.template)
def test_the_known_solution_passes_and_nothing_else_does(task):
    assert check_task(AgentbenchDbEnv, task, random=3) == []


@pytest.mark.skipif(
    not REAL.exists(), reason=f"no AgentBench dev file at {REAL}; set AGENTTUNING_DATA to the data folder"
)
def test_every_change_of_the_dev_file_passes_with_its_gold_statement():
    changes = [task for task in load(REAL) if task.data["hash"]]
    assert len(changes) == 40
    assert {task.template for task in changes} == {"INSERT", "UPDATE"}
    for task in changes:
        assert len(task.reference) == 2
        assert score(task, *task.reference) == 1.0
        assert score(task, answer()) == 0.0


def test_the_loader_is_found_by_name_and_tasks_survive_json():
    tasks = load_tasks(f"agentbench-db:{FIXTURE}")
    assert len(tasks) == 8
    assert env_class("agentbench-db") is AgentbenchDbEnv
    assert [Task.from_json(task.to_json()) for task in tasks] == tasks
    assert AgentbenchDbEnv().max_turns == 15
    assert all(len(AgentbenchDbEnv.tasks(split)) == 0 for split in ("train", "test"))


def test_one_json_list_and_gzip_are_read_too(tmp_path):
    listed = tmp_path / "tasks.json"
    listed.write_text(json.dumps(records(), indent=1), encoding="utf-8")
    zipped = tmp_path / "tasks.jsonl.gz"
    zipped.write_bytes(gzip.compress(FIXTURE.read_bytes()))
    assert load(listed) == load(zipped) == load(FIXTURE)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def one_change(folder, columns, rows, hashed):
    table = {"table_name": "t", "table_info": {"columns": [{"name": c} for c in columns], "rows": rows}}
    record = {"description": "Change it.", "type": "INSERT", "table": table, "label": [], "answer_md5": hashed}
    return load(written(folder, record))[0]


def test_the_hash_is_agentbenchs(tmp_path):
    rows = ",".join(sorted(md5(row)[:5] for row in ("x", "y,z", "é,1")))
    task = one_change(tmp_path, ["a", "b"], [["x", None], ["y", "z"]], f"[('{md5(rows)}',)]")
    assert task.reference == ()
    assert score(task, sql("INSERT INTO t VALUES ('é', 1)"), answer()) == 1.0
    assert score(task, sql("INSERT INTO t VALUES ('e', 1)"), answer()) == 0.0
    many = ",".join(sorted(md5(str(i))[:5] for i in range(400)))
    task = one_change(tmp_path, ["a"], [[str(i)] for i in range(399)], md5(many[:1024]))
    assert score(task, sql("INSERT INTO t VALUES (399)"), answer()) == 1.0


def test_collateral_damage_and_lost_tables_fail():
    insert, _, delete, second_game, *_ = load(FIXTURE)
    gold = insert.reference[0]
    assert score(insert, gold, sql("DELETE FROM `Harbour Boats` WHERE Boat = 'Petrel'"), answer()) == 0.0
    assert score(insert, gold, gold, answer()) == 0.0
    assert score(insert, sql("DROP TABLE `Harbour Boats`"), answer()) == 0.0
    assert score(delete, sql("CREATE TABLE spare (a)"), *delete.reference) == 1.0
    assert score(second_game, second_game.reference[0], sql("DELETE FROM clubs"), answer()) == 0.0


def test_columns_compare_without_regard_to_case():
    env = AgentbenchDbEnv()
    env.reset(options={"task": load(FIXTURE)[4]})
    observation = env.step(env.write(sql("SELECT Boat FROM `Harbour Boats` WHERE skipper = 'INES VALL'"), "Look."))[0]
    assert observation.split("\n")[1:] == ["Sea Otter", "Petrel"]
    env.close()


@pytest.mark.parametrize(
    ("index", "values", "right"),
    [
        (4, ["2"], True),
        (4, [2], True),
        (4, ["2.00"], True),
        (4, ["2.001"], False),
        (4, ["two"], False),
        (4, [["2"]], False),
        (4, [None], False),
        (4, [10**400], False),
        (5, ["River Green", "Hill Oolong"], True),
        (5, ["River Green", "Hill Oolong", "Hill Oolong"], True),
        (5, ["river green", "hill oolong"], False),
        (5, ["River Green"], False),
        (5, [{"a": 1}, "River Green"], False),
        (6, ["Long Tide"], True),
        (6, ["Long Tide "], False),
        (7, ["none"], True),
        (7, ["len('none')"], False),
    ],
)
def test_reads_follow_the_rule_of_2023(index, values, right):
    assert score(load(FIXTURE)[index], answer(*values)) == float(right)


def test_a_known_query_that_is_no_sqlite_is_left_out_of_the_solution():
    assert [call.name for call in load(FIXTURE)[6].reference] == ["answer"]
    assert [call.name for call in load(FIXTURE)[5].reference] == ["sql", "answer"]


@pytest.mark.parametrize(
    ("index", "broken", "reason"),
    [
        (0, {"answer_md5": None}, "answer_md5"),
        (0, {"answer_md5": ""}, "answer_md5"),
        (0, {"answer_md5": "[('zz',)]"}, "answer_md5"),
        (3, {"answer_md5": "0" * 32}, "MD5 of 2 tables"),
        (4, {"label": None}, "label"),
        (4, {"label": "['2']"}, "label"),
        (4, {"label": [["2"]]}, "label"),
        (4, {"label": ["nan"]}, "does not equal itself"),
        (4, {"type": 3}, "type"),
        (4, {"table": 3}, "table"),
        (4, {"table": []}, "no table"),
    ],
)
def test_a_task_that_cannot_be_graded_is_refused_by_name(tmp_path, index, broken, reason):
    rows = records()
    rows[index] |= broken
    rows[7] = {**rows[7], "label": 3}
    with pytest.raises(UsageError) as caught:
        load(written(tmp_path, *rows))
    lines = str(caught.value).split("\n")
    assert "2 of the records" in lines[0]
    assert lines[1].startswith(f"record {index + 1} ({rows[index]['description'][:60]!r})")
    assert reason in lines[1]
    assert lines[2].startswith("record 8 ('What is the average price")


def test_tables_that_cannot_be_built_are_refused(tmp_path):
    rows = records()
    rows[0]["table"]["table_info"]["columns"][1]["name"] = "boat"
    rows[4]["table"]["table_info"]["rows"][2].pop()
    rows[5]["table"]["table_info"]["rows"][2][0] = "x" * 30_000
    del rows[6]["table"]["table_info"]["rows"]
    rows[7]["table"]["table_info"]["rows"][0][0] = "\ud800"
    with pytest.raises(UsageError) as caught:
        load(written(tmp_path, *rows, 7))
    text = str(caught.value)
    for words in (
        "duplicate column",
        "row 3 of table 'Harbour Boats' must have 4",
        "too big",
        "'rows'",
        "surrogates",
        "JSON object",
    ):
        assert words in text


def test_a_file_that_is_no_json_is_refused(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text('{"description": 1}\nnot json\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"tasks\.jsonl is neither one JSON list nor"):
        load(path)
