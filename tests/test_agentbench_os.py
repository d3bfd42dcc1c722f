"""Tasks in AgentBench's OS format: loading, refusing, playing in a box, grading."""

import gzip
import json
import os
import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from envs.errors import UsageError, WorldError
from envs.registry import env_class, load_tasks
from envs.sandbox import BACKENDS, available
from envs.shell.agentbench import AgentbenchOsEnv, load
from envs.shell.agentbench_records import READY_MADE
from envs.testing import check_task, play
from envs.types import Task, ToolCall

DATA = Path(os.environ.get("AGENTTUNING_DATA", Path(__file__).parents[2] / "shared" / "data"))
REAL = DATA / "tasks" / "agentbench_os_train.jsonl.gz"
needs_real = pytest.mark.skipif(
    not REAL.exists(), reason=f"no AgentBench OS file at {REAL}; set AGENTTUNING_DATA to the data folder"
)

COUNT = {
    "description": "How many hidden files are in /srv/box?",
    "create": {"local": "default", "init": {"code": "mkdir -p /srv/box; touch /srv/box/.a /srv/box/.b /srv/box/c"}},
    "evaluation": {
        "check": [None, {"language": "python", "file": "check/integer-match.py"}],
        "example": {"code": "find /srv/box -name '.*' | wc -l"},
    },
    "labels": ["file"],
}
CHANGE = {
    "description": "Make a script ~/double that prints twice its argument.",
    "evaluation": {
        "check": '[ "$(~/double 21)" = 42 ]',
        "example": "echo 'echo $((2 * $1))' > ~/double && chmod +x ~/double",
    },
}
MATCH = {
    "description": "A program writes to a file in /srv every second. What is the file's name?",
    "create": {"init": "mkdir -p /srv && touch /srv/one /srv/two"},
    "start": 'python3 -c \'import time\nwhile True:\n  print(1, file=open("/srv/two", "a"))\n  time.sleep(1)\' &',
    "evaluation": {"match": "two"},
}


def written(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def one(folder, record, **evaluation):
    """The task of a record, with another evaluation if one is given."""
    (task,) = load(written(folder / "tasks.json", record | ({"evaluation": evaluation} if evaluation else {})))
    return task


@pytest.fixture(params=BACKENDS)
def world(request):
    """The environment in one backend."""
    if reason := available(request.param):
        pytest.skip(reason)

    class World(AgentbenchOsEnv):
        def __init__(self, **options):
            super().__init__(sandbox=request.param, **options)

    return World


def last(world, task, *calls):
    """The last (observation, reward) of a play."""
    with closing(world()) as env:
        return play(env, task, (env.write(call, "Next.") for call in calls))[-1][:2]


def score(world, task, *calls):
    return last(world, task, *calls)[1]


def bash(command):
    return ToolCall("bash", {"command": command})


def answer(text):
    return ToolCall("answer", {"text": text})


FINISH = ToolCall("finish")


@pytest.mark.parametrize("record", [COUNT, CHANGE, MATCH], ids=["count", "change", "match"])
def test_the_known_solution_passes_and_nothing_else_does(world, tmp_path, record):
    assert check_task(world, one(tmp_path, record), random=2) == []


def test_defaults_are_agentbenchs():
    env = AgentbenchOsEnv()
    assert (env.max_turns, env.max_observation) == (8, 800)
    assert list(env.tools) == ["bash", "answer", "finish"]
    assert all(len(AgentbenchOsEnv.tasks(split)) == 0 for split in ("train", "test"))


def test_the_box_is_roots_and_scripts_and_shell_begin_in_its_home(world, tmp_path):
    record = {"description": "Go.", "create": {"init": "id -un > where; pwd >> where; echo $HOME >> where"}}
    task = one(tmp_path, record, match="anything")
    assert last(world, task, bash("cat where; pwd; id -un"))[0].split()[1:] == [
        "root",
        "/root",
        "/root",
        "/root",
        "root",
    ]


def test_several_init_scripts_run_in_order_and_may_fail(world, tmp_path):
    scripts = ["echo one > /root/log; exit 3", {"language": "python", "code": "open('/root/log', 'a').write('two\\n')"}]
    task = one(tmp_path, {"description": "Go.", "create": {"init": scripts}}, match="one two")
    assert last(world, task, bash("cat /root/log"))[0] == "Observation: one\ntwo"


def test_a_start_script_runs_in_the_agents_shell(world, tmp_path):
    record = {"description": "Go.", "start": "NAME=value; sleep 100 &"}
    task = one(tmp_path, record, match="x")
    assert last(world, task, bash("echo $NAME; jobs"))[0].split()[1:3] == ["value", "[1]+"]


def test_a_check_gets_the_answer_and_what_earlier_scripts_printed(world, tmp_path):
    chain = ["echo first-$1", None, "[ \"$1/$2/$3\" = $'mine/first-mine\\n/second-mine\\n' ]"]
    task = one(tmp_path, {"description": "Say mine."}, check=chain, example="echo second-$1")
    assert score(world, task, answer("mine")) == 1.0
    assert score(world, task, answer("other")) == 0.0


def test_the_chain_ends_at_the_first_script_that_fails(world, tmp_path):
    task = one(tmp_path, {"description": "Go."}, check=["exit 1", "touch /root/reached"])
    assert score(world, task, answer("x")) == 0.0
    task = one(tmp_path, {"description": "Go."}, check=["exit 0", "exit 2"])
    assert score(world, task, FINISH) == 0.0


def test_finish_hands_the_word_none_and_matches_nothing(world, tmp_path):
    assert score(world, one(tmp_path, {"description": "Go."}, check='[ "$1" = None ]'), FINISH) == 1.0
    assert score(world, one(tmp_path, {"description": "Go."}, match={"regex": ""}), FINISH) == 0.0
    assert score(world, one(tmp_path, {"description": "Go."}, match="None"), FINISH) == 0.0


def test_the_example_runs_after_the_agent(world, tmp_path):
    task = one(tmp_path, COUNT)
    assert score(world, task, bash("touch /srv/box/.new"), answer("3")) == 1.0
    assert score(world, task, bash("touch /srv/box/.new"), answer("2")) == 0.0


@pytest.mark.parametrize(
    ("match", "text", "right"),
    [
        ("two", "two", True),
        ("two", " two\n", True),
        ("two", "Two", False),
        ({"answer": "two", "strip": False}, "two ", False),
        ({"answer": "two"}, "two ", True),
        ({"regex": "^t.o$"}, "two", True),
        ({"regex": "wo", "strip": True}, "a two b", True),
        ({"regex": "^t.o$"}, "three", False),
    ],
)
def test_match(world, tmp_path, match, text, right):
    assert score(world, one(tmp_path, {"description": "Go."}, match=match), answer(text)) == float(right)


@pytest.mark.parametrize(
    ("name", "given", "reference", "right"),
    [
        ("integer", "3", "3\n", True),
        ("integer", " 03 ", "3\n", True),
        ("integer", "4", "3\n", False),
        ("integer", "three", "3\n", False),
        ("integer", "", "3\n", False),
        ("string", " two\r\nlines ", "two\nlines\n", True),
        ("string", "two", "Two\n", False),
        ("size", "4K", "4096\n", True),
        ("size", "2 MB", "2048K\n", True),
        ("size", "12Byte", "12B\n", True),
        ("size", "4K", "4M\n", False),
        ("size", "4.0K", "4096\n", False),
        ("size", "K", "K\n", False),
    ],
)
def test_ready_made_checks(name, given, reference, right):
    command = [sys.executable, "-c", READY_MADE[f"{name}-match.py"], given, reference]
    assert (subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0) == right


def test_scripts_in_c_are_compiled_or_said_to_need_a_compiler(world, tmp_path):
    code = '#include <string.h>\nint main(int n, char **a) { return n != 2 || strcmp(a[1], "yes"); }'
    task = one(tmp_path, {"description": "Say yes."}, check={"language": "c", "code": code})
    env = world()
    env.reset(options={"task": one(tmp_path, COUNT)})
    has_compiler = "cc" in env.step(env.write(bash("command -v cc"), "Look."))[0]
    env.close()
    if has_compiler:
        assert score(world, task, answer("yes")) == 1.0
        assert score(world, task, answer("no")) == 0.0
    else:
        with pytest.raises(WorldError, match="has a script in C, and its box has no C compiler"):
            score(world, task, answer("yes"))


@pytest.mark.parametrize("text", ["\0", "x\0y", "x" * 200_000, "é" * 60_000, "-n", "$(touch /root/ran)", "'", "\n"])
def test_no_answer_breaks_a_check_or_is_run(world, tmp_path, text):
    task = one(tmp_path, {"description": "Go."}, check=[None, '[ "$1" = right ] || [ -e /root/ran ]'], example="true")
    assert score(world, task, answer(text)) == 0.0


@pytest.mark.parametrize(
    ("scripts", "reason"),
    [
        ({"create": {"init": "sleep 60"}}, r"an init script of task .* did not end within 0\.5 s"),
        (
            {"create": {"init": "echo 1 > /usr/stock.log"}},
            "an init script of task .* writes to the system: .*Read-only",
        ),
        ({"start": "exit"}, "the start script of task .* did not give the shell back"),
    ],
)
def test_a_box_that_cannot_be_set_up_is_the_machines_failure(world, tmp_path, monkeypatch, scripts, reason):
    monkeypatch.setattr("envs.shell.agentbench.INIT_SECONDS", 0.5)
    with pytest.raises(WorldError, match=reason):
        score(world, one(tmp_path, {"description": "Go."} | scripts, match="x"), FINISH)


def test_the_expert_answers_what_it_saw_without_the_remarks(world, tmp_path):
    task = one(tmp_path, {"description": "How many?"}, check=[None, "exit 0"], example="echo 0; false")
    env = world()
    play(env, task, env.expert())
    assert env._answer == "0"
    task = one(tmp_path, {"description": "What?"}, match={"regex": "x"})
    env.reset(options={"task": task})
    with pytest.raises(UsageError, match="neither an example nor an answer"):
        next(env.expert())
    env.close()


# --- reading files ---------------------------------------------------------------------------------------------------


def test_both_forms_of_a_record_give_the_same_data(tmp_path):
    evaluation = COUNT["evaluation"]
    flat = {
        "description": COUNT["description"],
        "init": [{"language": "bash", "code": COUNT["create"]["init"]["code"]}],
    }
    flat |= {"id": "train-00007", "start": None, "match": None, "check": evaluation["check"]}
    flat |= {"example": evaluation["example"]}
    own, other = load(written(tmp_path / "tasks.json", COUNT, flat))
    assert (own.prompt, own.data) == (other.prompt, other.data)
    assert (own.split, own.id, other.split, other.id) == (
        "test",
        f"{tmp_path.name}/tasks-00000",
        "train",
        "train-00007",
    )


def test_all_ways_of_writing_scripts_are_read(tmp_path):
    data = one(tmp_path, CHANGE).data
    assert data["check"] == [["bash", '[ "$(~/double 21)" = 42 ]']]
    assert data["init"] == []
    task = one(tmp_path, {"description": "Go.", "create": [None, {"file": "x.py"}]}, match="1")
    assert task.data["init"] == []
    task = one(tmp_path, {"description": "Go.", "example": {"code": "ls"}}, check="ls")
    assert task.data["example"] == ["bash", "ls"]


def test_script_files_are_found_as_agentbench_lays_them_out(tmp_path):
    record = {"description": "Go.", "evaluation": {"check": {"file": "check/x.sh"}}}
    for scripts, file in (("scripts/3", "data/3/stock.json"), ("scripts/dev", "data/dev.json"), ("own", "own/my.json")):
        (tmp_path / scripts / "check").mkdir(parents=True)
        (tmp_path / scripts / "check" / "x.sh").write_text(f"echo {scripts}")
        (task,) = load(written(tmp_path / file, record))
        assert task.data["check"] == [["bash", f"echo {scripts}"]]


def test_a_script_may_not_be_fetched_from_elsewhere(tmp_path):
    (tmp_path / "secret.sh").write_text("hidden")
    for name in ("../secret.sh", str(tmp_path / "secret.sh")):
        with pytest.raises(UsageError, match="no script"):
            load(
                written(tmp_path / "tasks" / "x.json", {"description": "Go.", "evaluation": {"check": {"file": name}}})
            )


def test_a_scripts_folder_comes_before_the_ready_made_checks(tmp_path):
    (tmp_path / "check").mkdir()
    (tmp_path / "check" / "integer-match.py").write_text("exit(0)")
    assert one(tmp_path, COUNT).data["check"][1] == ["python", "exit(0)"]


def test_folders_json_lines_gzip_and_single_records_are_read(tmp_path):
    written(tmp_path / "b" / "many.json", COUNT, MATCH)
    (tmp_path / "b" / "single.json").write_text(json.dumps(CHANGE), encoding="utf-8")
    lines = "\n".join(map(json.dumps, (MATCH, COUNT)))
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "z.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "README.md").write_text("not a record")
    tasks = load_tasks(f"agentbench-os:{tmp_path}")
    top = tmp_path.name
    assert [task.id for task in tasks] == [
        *(f"{top}/a-00000", f"{top}/a-00001", "b/many-00000", "b/many-00001", "b/single-00000"),
        *(f"{top}/z-00000", f"{top}/z-00001"),
    ]
    assert env_class("agentbench-os") is AgentbenchOsEnv
    assert [Task.from_json(task.to_json()) for task in tasks] == tasks


def test_only_agentbenchs_training_data_may_be_trained_on(tmp_path):
    files = {"training.json": "train", "train_0317.json": "train", "dev.json": "test", "stock.json": "test"}
    for name, split in files.items():
        assert {task.split for task in load(written(tmp_path / name, COUNT))} == {split}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"evaluation": {}}, "neither a match nor a check"),
        ({"evaluation": {"check": [None]}}, "null in its check"),
        ({"evaluation": {"check": {"language": "pyton", "code": ""}}}, "Did you mean 'python'"),
        ({"evaluation": {"check": {"file": "check/none.py"}}}, "no script 'check/none.py'"),
        ({"evaluation": {"check": {"language": "bash"}}}, "'code'"),
        ({"evaluation": {"check": {"code": 3}}}, "code must be text"),
        ({"evaluation": {"check": 3}}, "AttributeError"),
        ({"evaluation": {"match": {"regex": "("}}}, "regex '('"),
        ({"evaluation": {"match": {"answer": 3}}}, "its match must be"),
        ({"evaluation": {"match": {"answer": "3", "regex": "3"}}}, "its match must be"),
        ({"description": ""}, "non-empty"),
    ],
)
def test_a_record_that_cannot_be_graded_is_refused_by_name(tmp_path, broken, reason):
    file = written(tmp_path / "tasks.json", COUNT, COUNT | broken, 7)
    with pytest.raises(UsageError) as caught:
        load(file)
    first, second, third = str(caught.value).split("\n")
    assert "2 of the records" in first
    assert second.startswith(f"{file}, record 2 ({(COUNT | broken)['description'][:60]!r})")
    assert reason in second
    assert third == f"{file}, record 3 (''): it is not a JSON object"


def test_a_file_that_is_no_json_is_refused(tmp_path):
    path = tmp_path / "tasks.json"
    path.write_text("not json", encoding="utf-8")
    with pytest.raises(UsageError, match=r"tasks\.json is not JSON"):
        load(path)


def test_a_task_with_incomplete_data_is_refused():
    with pytest.raises(UsageError, match=r"lacks .*example"):
        AgentbenchOsEnv().reset(options={"task": Task(AgentbenchOsEnv.id, "How many?", {"init": []})})


# --- the public file -------------------------------------------------------------------------------------------------


def drawn(count):
    """Tasks of the public file, drawn by a seed."""
    return random.Random(0).sample(load(REAL), count)


def passes(env, task, actions):
    try:
        return play(env, task, actions)[-1][1] == 1
    except WorldError:
        return False


@needs_real
def test_the_public_file_is_for_training():
    tasks = load(REAL)
    assert len(tasks) == 1000
    assert {task.split for task in tasks} == {"train"}
    assert {len(task.data["check"]) for task in tasks} == {2}


@needs_real
def test_reference_solutions_of_the_public_file_pass(world):
    env = world()
    for task in drawn(12):
        assert passes(env, task, env.expert()), task.id
        assert not passes(env, task, [env.write(FINISH)]), task.id
    env.close()


@needs_real
@pytest.mark.slow
def test_at_least_95_percent_of_300_reference_solutions_pass_and_doing_nothing_hardly_ever(world):
    env, failed, idle = world(), [], []
    for task in drawn(300):
        failed += [task.id] * (not passes(env, task, env.expert()))
        idle += [task.id] * any(passes(env, task, [env.write(call)]) for call in (FINISH, answer("")))
    env.close()
    assert len(failed) <= 15, failed
    assert len(idle) <= 6, idle
