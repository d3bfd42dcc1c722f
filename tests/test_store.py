"""The store: exact round trips, resume as a set difference, several processes, old and foreign files."""

import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envs import SPLITS, Task, ToolCall, UsageError
from rollout.rows import COLUMNS, STEP_COLUMNS, pack
from rollout.store import MIGRATIONS, Store
from rollout.trajectory import Step, Stop, Trajectory, Usage
from tests.toy import toy_task

ROOT = Path(__file__).parents[1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "store.db"


def trajectory(task: Task | int = 0, run="r", sample=0, stop=Stop.FINISHED, **fields) -> Trajectory:
    task = toy_task(task) if isinstance(task, int) else task
    fields = {"reward": 1.0 if stop.valid else None, "messages": [], "steps": []} | fields
    return Trajectory(run, task, sample, "toy", "react", stop=stop, **fields)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["\0", "a\0b", "\x1b[0m", "é北😀"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
calls = st.builds(ToolCall, text, st.dictionaries(text, json_values, max_size=3))
tasks = st.builds(
    Task,
    env=text,
    prompt=text.filter(bool),
    data=st.dictionaries(text, json_values, max_size=3),
    split=st.sampled_from(SPLITS),
    difficulty=st.integers(1, 5),
    template=text,
    reference=st.lists(calls, max_size=2),
    id=text,
)
counts, seconds = st.integers(0, 2**40), st.floats(0, 1e9)
steps = st.builds(
    Step,
    turn=st.just(0),
    thought=text,
    call=st.none() | st.fixed_dictionaries({"name": text, "arguments": st.dictionaries(text, json_values, max_size=2)}),
    error=st.none() | text,
    state_key=text,
    finish=st.sampled_from(["stop", "length"]),
    usage=st.builds(Usage, counts, counts, counts),
    token_ids=st.none() | st.lists(st.integers(0, 2**31 - 1), max_size=5),
    logprobs=st.none() | st.lists(st.floats(max_value=0, allow_nan=False), max_size=5),
    policy_seconds=seconds,
    env_seconds=seconds,
    origin=st.sampled_from(["text", "tools"]),
    reasoning=text,
)
messages = st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": text})


@st.composite
def trajectories(draw):
    stop = draw(st.sampled_from(Stop))
    taken = draw(st.lists(steps, max_size=3))
    return Trajectory(
        run="r" + draw(text),
        task=draw(tasks),
        sample=draw(st.integers(0, 1000)),
        policy=draw(text),
        format=draw(text),
        messages=draw(st.lists(messages, max_size=4)),
        steps=[replace(step, turn=turn) for turn, step in enumerate(taken, 1)],
        stop=stop,
        reward=draw(st.floats(0, 1)) if stop.valid else None,
        error=draw(st.none() | text),
        seconds=draw(seconds),
        served=draw(text),
    )


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(added=st.lists(trajectories(), max_size=3, unique_by=lambda t: t.id))
def test_what_comes_back_is_what_was_added(added, tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "s.db"
    with Store(path) as store:
        for one in added:
            store.start_run(one.run, {})
            store.add(one)
    with Store(path) as store:
        back = list(store.select())
    assert sorted(back, key=lambda t: t.id) == sorted(added, key=lambda t: t.id)
    keys = [(t.run, t.task.env, t.task.id, t.sample) for t in back]
    assert keys == sorted(keys)


def test_unpaired_surrogates_are_replaced(path):
    step = Step(1, thought="a\ud800", call={"name": "add", "arguments": {"x": "\udfff"}}, error=None)
    with Store(path) as store:
        store.start_run("r", {})
        store.add(
            trajectory(messages=[{"role": "user", "content": "\ud83d\ude00\ud800"}], steps=[step], error="\udc00")
        )
        (back,) = store.select("r")
    assert back.messages == [{"role": "user", "content": "😀\ufffd"}]
    assert back.steps[0].thought == "a\ufffd"
    assert back.steps[0].call["arguments"] == {"x": "\ufffd"}
    assert back.error == "\ufffd"


def test_system_prompts_are_stored_once(path):
    with Store(path) as store:
        for i in range(50):
            store.add(trajectory(i, messages=[{"role": "system", "content": "You are ..."}]))
        assert {t.messages[0]["content"] for t in store.select()} == {"You are ..."}
        assert store.db["prompts"].count == 1


def test_owed_is_the_plan_minus_valid_rows(path):
    plan = [(toy_task(i), sample) for i in range(4) for sample in range(2)]
    with Store(path) as store:
        assert store.owed("r", plan) == plan
        store.add(trajectory(0))
        store.add(trajectory(1, sample=1, stop=Stop.TIMEOUT))
        store.add(trajectory(2, sample=1, stop=Stop.MAX_TURNS, reward=0.0))
        store.add(trajectory(3, run="another"))
        assert store.owed("r", plan) == [p for p in plan if p not in (plan[0], plan[5])]


def test_valid_rows_stay_and_invalid_ones_are_replaced(path):
    broken = trajectory(stop=Stop.TIMEOUT, error="late", steps=[Step(1), Step(2)])
    good, better = trajectory(reward=0.0, steps=[Step(1)]), trajectory(reward=1.0)
    for flush_each in (True, False):
        with Store(path.with_name(f"{flush_each}.db")) as store:
            store.start_run("r", {})
            for one, stored in ((broken, broken), (good, good), (better, good), (broken, good)):
                store.add(one)
                if flush_each:
                    assert list(store.select("r")) == [stored]
            assert list(store.select("r")) == [good]
            assert store.db["steps"].count == 1


def test_select_filters_and_limits(path):
    with Store(path) as store:
        for run in ("a", "b"):
            store.start_run(run, {})
            for i in range(300):
                store.add(trajectory(toy_task(i, split="dev" if i % 3 else "test"), run, reward=float(i % 2)))
            store.add(trajectory(toy_task(0, split="novel"), run, sample=1, stop=Stop.ENV_ERROR))
        assert len(list(store.select())) == 602
        assert len(list(store.select("a"))) == 301
        assert len(list(store.select("a", split="test"))) == 100
        assert len(list(store.select("a", success=True))) == 150
        assert [t.stop for t in store.select("a", valid=False)] == [Stop.ENV_ERROR]
        assert len(list(store.select(env="Other/World-v0"))) == 0
        assert list(store.select("b", limit=250)) == list(store.select("b"))[:250]
        assert list(store.select("b", limit=0)) == []
        assert [(row["name"], row["episodes"], row["valid"], row["success"]) for row in store.runs()] == [
            ("a", 301, 300, 150),
            ("b", 301, 300, 150),
        ]
        with pytest.raises(UsageError, match="no run 'c'"):
            store.select("c")


def test_order_does_not_depend_on_who_was_first(path):
    rows = [trajectory(i, sample=s) for i in range(20) for s in (0, 1)]
    with Store(path) as one, Store(path.with_name("other.db")) as other:
        for row in rows:
            one.add(row)
        for row in reversed(rows):
            other.add(row)
        assert list(one.select()) == list(other.select())


def test_writing_while_reading(path):
    with Store(path) as store:
        for i in range(500):
            store.add(trajectory(i))
        seen = []
        for one in store.select():
            seen.append(one.id)
            store.add(trajectory(1000 + len(seen), run="z"))
            if len(seen) == 500:
                break
        assert len(set(seen)) == 500


def test_rows_reach_the_disk_in_batches(path, monkeypatch):
    with Store(path) as store:
        store.add(trajectory(0))
        assert _count(path) == 0
        monkeypatch.setattr("rollout.store._FLUSH_SECONDS", 0.05)
        time.sleep(0.06)
        store.add(trajectory(1))
        assert _count(path) == 2
        monkeypatch.setattr("rollout.store._FLUSH_SECONDS", 60)
        for i in range(2, 202):
            store.add(trajectory(i))
        assert _count(path) == 202
        store.add(trajectory(300))
    assert _count(path) == 203


def _count(path):
    with sqlite3.connect(path) as connection:
        number = connection.execute("SELECT count(*) FROM trajectories").fetchone()[0]
    connection.close()
    return number


def test_run_with_other_settings_is_refused(path):
    config = {"policy": "gpt-4", "seed": 0, "sampling": {"temperature": 0.7, "top_p": 1.0}}
    with Store(path) as store:
        store.start_run("r", config)
        store.start_run("r", config)
        with pytest.raises(UsageError) as refused:
            store.start_run("r", {"policy": "gpt-4", "seed": 1, "sampling": {"temperature": 1.0, "top_p": 1.0}})
        message = str(refused.value)
        assert "sampling.temperature was 0.7 and is now 1.0" in message
        assert "seed was 0 and is now 1" in message
        assert "policy" not in message
        assert "top_p" not in message


def test_store_of_a_newer_version_is_refused(path):
    Store(path).db.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(UsageError, match="newer version"):
        Store(path)


def test_migrations_run_in_order_once(path, monkeypatch):
    with Store(path) as store:
        store.add(trajectory(0))
    later = lambda db: db["trajectories"].add_column("judged", int)  # noqa: E731
    monkeypatch.setattr("rollout.store.MIGRATIONS", [*MIGRATIONS, later])
    for rows in (1, 2):
        with Store(path) as store:
            assert "judged" in store.db["trajectories"].columns_dict
            assert len(list(store.select())) == rows
            store.add(trajectory(rows))


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    with pytest.raises(UsageError, match=r"notes\.txt cannot be opened as a store"):
        Store(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="cannot be opened as a store"):
        Store(tmp_path)


WRITER = """
import sys
from rollout.store import Store
from tests.test_store import trajectory
with Store(sys.argv[1]) as store:
    store.start_run(sys.argv[2], {})
    for i in range(150):
        store.add(trajectory(i, sys.argv[2]))
        store.add(trajectory(i, "shared"))
        if i % 3 == 0:
            store.flush()
"""


def test_several_processes_write_one_file(path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"run-{i}"], cwd=ROOT, stderr=subprocess.PIPE)
        for i in range(3)
    ]
    assert [(w.communicate()[1], w.returncode) for w in writers] == [(b"", 0)] * 3
    with Store(path) as store:
        assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.db["trajectories"].count == 4 * 150
        assert [row["episodes"] for row in store.runs()] == [150] * 3


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_an_older_store_keeps_what_it_has(path, monkeypatch, version):
    rows = [trajectory(i, sample=9 - i, steps=[Step(1)]) for i in range(5)]
    monkeypatch.setattr("rollout.store.MIGRATIONS", MIGRATIONS[:version])
    with Store(path) as store:
        store.start_run("r", {})
        for row in map(pack, rows):
            _insert_known(store.db["trajectories"], dict(zip(COLUMNS, row.trajectory, strict=True)))
            _insert_known(store.db["steps"], dict(zip(STEP_COLUMNS, row.steps[0], strict=True)))
    monkeypatch.undo()
    with Store(path) as store:
        assert sorted(store.select(), key=lambda t: -t.sample) == rows
        numbers = store.db.execute("SELECT id, number FROM trajectories ORDER BY number").fetchall()
        assert numbers == [(row.id, number) for number, row in enumerate(rows, 1)]
        store.add(rows[0])
        store.flush()
        assert store.db["trajectories"].count == 5


def _insert_known(table, values):
    """Insert what a table of an older version has columns for."""
    table.insert({name: value for name, value in values.items() if name in table.columns_dict})


def test_a_trajectorys_number_is_never_given_twice(path):
    with Store(path) as store:
        for stop in (Stop.TIMEOUT, Stop.TIMEOUT, Stop.FINISHED):
            store.add(trajectory(0, stop=stop))
            store.flush()
        assert store.db.execute("SELECT number FROM trajectories").fetchall() == [(3,)]


def test_one_trajectory_is_read_by_its_id(path):
    with Store(path) as store:
        store.add(trajectory(0, messages=[{"role": "system", "content": "You are ..."}], steps=[Step(1)]))
        store.add(trajectory(1))
        assert store.get(trajectory(1).id) == trajectory(1)
        assert store.get(trajectory(0).id).messages == [{"role": "system", "content": "You are ..."}]
        with pytest.raises(UsageError, match="no trajectory 'x'"):
            store.get("x")
