"""Names lead to environments and task files, and a wrong name leads to the right one."""

import gzip
import subprocess
import sys

import gymnasium
import pytest

import envs
from envs import Task, UsageError, registry


def test_short_names_and_ids_resolve():
    assert registry.resolve("db") == "AgentTuning/Db-v0"
    assert registry.resolve("AgentTuning/Db-v0") == "AgentTuning/Db-v0"


@pytest.mark.parametrize("wrong", ["bd", "AgentTuning/DB-v0", "db-v9", "Db"])
def test_a_wrong_name_is_answered_with_the_nearest(wrong):
    with pytest.raises(UsageError, match=r"Did you mean '(db|AgentTuning/Db-v0)'\?"):
        envs.make(wrong)


def test_wrong_arguments_of_an_environment_are_the_users_mistake():
    with pytest.raises(UsageError, match=r"AgentTuning/Db-v0.*colour"):
        envs.make("db", colour="red")


class Entry:
    def __init__(self, name, value="acme:X", dist="acme"):
        self.name, self.value = name, value
        self.dist = type("Dist", (), {"name": dist})


def entries(monkeypatch, *found):
    monkeypatch.setattr(registry, "entry_points", lambda **_: found)
    registry._entries.cache_clear()


@pytest.fixture(autouse=True)
def _fresh_cache():
    yield
    registry._entries.cache_clear()


def test_a_short_name_means_the_newest_version(monkeypatch):
    entries(monkeypatch, Entry("Acme/Maze-v2"), Entry("Acme/Maze-v10"))
    assert registry.resolve("maze") == "Acme/Maze-v10"


def test_one_short_name_in_two_namespaces_must_be_written_out(monkeypatch):
    entries(monkeypatch, Entry("Acme/Maze-v0"), Entry("Other/Maze-v0"))
    with pytest.raises(UsageError, match="give the whole id"):
        registry.resolve("maze")


def test_two_packages_may_not_claim_one_id(monkeypatch):
    entries(monkeypatch, Entry("Acme/Maze-v0"), Entry("Acme/Maze-v0", "rival:Y", "rival"))
    with pytest.raises(UsageError, match="acme and rival"):
        registry.env_ids()


def test_an_id_without_a_version_is_refused(monkeypatch):
    entries(monkeypatch, Entry("Maze"))
    with pytest.raises(UsageError, match="Namespace/Name-v0"):
        registry.env_ids()


def test_gymnasium_can_make_them_too():
    envs.register_with_gymnasium()
    env = gymnasium.make("AgentTuning/Db-v0", split="dev")
    observation, _ = env.reset(seed=1)
    assert env.observation_space.contains(observation)
    env.close()


def write(tmp_path, *lines, name="tasks.jsonl"):
    path = tmp_path / name
    opener = gzip.open if name.endswith(".gz") else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return str(path)


TASK = Task("AgentTuning/Db-v0", "How many?", {"x": "é"})


@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.jsonl.gz"])
def test_task_files_load(tmp_path, name):
    assert envs.load_tasks(write(tmp_path, TASK.to_json(), "", name=name)) == [TASK]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([TASK.to_json(), "{"], "line 2: a task must be one line of JSON"),
        ([TASK.to_json(), TASK.to_json()], "two tasks have the id"),
        ([], "no tasks in it"),
        (['{"env": "AgentTuning/Bd-v0", "prompt": "x"}'], "Did you mean 'AgentTuning/Db-v0'"),
    ],
)
def test_a_bad_task_file_is_refused_with_its_line(tmp_path, lines, says):
    with pytest.raises(UsageError, match=says):
        envs.load_tasks(write(tmp_path, *lines))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("nowhere.jsonl", "no task file"),
        ("agentbench-bd:x", "Did you mean 'agentbench-db'"),
        ("agentbench-db:nowhere", "no file 'nowhere'"),
    ],
)
def test_a_wrong_task_source_is_refused(source, says):
    with pytest.raises(UsageError, match=says):
        envs.load_tasks(source)


def run(*arguments, **options):
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, **options)


def test_the_list_names_every_environment_and_its_tools():
    done = run("envs")
    assert done.returncode == 0, done.stderr
    assert "AgentTuning/Db-v0" in done.stdout
    assert "sql" in done.stdout


def test_a_wrong_name_on_the_command_line_is_one_sentence_and_exit_2():
    done = run("envs.check", "bd")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no environment 'bd'. Did you mean 'db'?")
    assert "Traceback" not in done.stderr


def test_the_expert_can_be_watched_and_a_person_can_play():
    watched = run("envs.play", "db", "--expert", "--index", "3")
    assert watched.returncode == 0, watched.stderr
    assert "reward 1" in watched.stdout
    played = run("envs.play", "db", input="answer\n[]\n")
    assert played.returncode == 1, played.stderr
    assert "reward 0" in played.stdout


def test_checking_a_task_file_names_the_task_that_fails(tmp_path):
    wrong = {"name": "answer", "arguments": {"values": ["wrong"]}}
    task = envs.make("db").tasks("train")[0]
    path = write(tmp_path, Task(task.env, task.prompt, task.data, reference=(wrong,), id="planted").to_json())
    done = run("envs.check", "--tasks", path)
    assert done.returncode == 1, done.stderr
    assert "task planted: the solution scores 0" in done.stdout
