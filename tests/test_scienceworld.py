"""ScienceWorld: tasks that may not be trained on, its score as the reward, and no Java process left behind."""

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from envs import SPLITS, Task, ToolCall, UsageError
from envs.external import scienceworld
from envs.external.scienceworld import EXPERIMENTS, ScienceworldEnv
from envs.registry import env_class
from envs.testing import check_task, play
from training.dataset import TRAINABLE

TASKS = ScienceworldEnv.tasks("novel")
runs = pytest.mark.skipif(
    not (find_spec("scienceworld") and shutil.which("java")), reason="needs Java and the package scienceworld"
)


def named(name: str) -> Task:
    return next(task for task in TASKS if task.template == name)


def act(env: ScienceworldEnv, command: str) -> str:
    return env.write(ToolCall("act", {"command": command}), "Next.")


def table_in_the_orange_box(env: ScienceworldEnv) -> list[str]:
    """The messages that solve the first task of find-non-living-thing. Each raises the score."""
    commands = ("go to hallway", "go to living room", "focus on steel table", "move steel table to orange box")
    return [act(env, command) for command in commands]


def running(process: int) -> bool:
    """Whether a process runs, a zombie not counting."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def java_processes() -> set[int]:
    """The running Java processes that are this process's own."""
    listed = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "pid=,comm="], capture_output=True, text=True)
    rows = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    return {int(pid) for pid, command in rows if command == "java" and running(int(pid))}


@pytest.fixture
def env():
    made = ScienceworldEnv()
    yield made
    made.close()


def test_every_task_is_held_out():
    assert env_class("scienceworld") is ScienceworldEnv
    assert [split for split in SPLITS if len(ScienceworldEnv.tasks(split))] == ["novel"]
    assert "novel" not in TRAINABLE
    assert len(TASKS) == len({task.id for task in TASKS}) == 1819
    assert [task.template for task in TASKS[:30]] == list(EXPERIMENTS)
    assert {task.split for task in TASKS} == {"novel"}
    assert Task.from_json(TASKS[7].to_json()) == TASKS[7]


def test_what_is_missing_is_said_before_any_work(monkeypatch):
    monkeypatch.setattr(scienceworld, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'agenttuning\[scienceworld\]'"):
        ScienceworldEnv()
    monkeypatch.setattr(scienceworld, "find_spec", lambda name: name)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match="apt-get install default-jre-headless"):
        ScienceworldEnv()


def test_a_simplification_is_known_and_the_prompt_says_what_it_adds(monkeypatch):
    monkeypatch.setattr(scienceworld, "find_spec", lambda name: name)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    with pytest.raises(UsageError, match="Did you mean 'openDoors'"):
        ScienceworldEnv(simplification="teleportAction,openDoor")
    with pytest.raises(UsageError, match="no simplification 'easy'"):
        ScienceworldEnv(simplification="easy,openDoors")
    teleports = {word: "teleport" in ScienceworldEnv(simplification=word).system_prompt for word in ("easy", "")}
    assert teleports == {"easy": True, "": False}
    assert len(ScienceworldEnv().system_prompt) < 900


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"experiment": "boil"}, "lacks \\['variation'\\]"),
        ({"experiment": "boiling", "variation": 0}, "Did you mean 'boil'"),
        ({"experiment": "boil", "variation": 30}, "boil has variations 0 to 29"),
    ],
)
@runs
def test_a_task_that_does_not_exist_is_refused(env, data, reason):
    with pytest.raises(UsageError, match=reason):
        env.reset(options={"task": Task(env.id, "Play.", data, "novel")})
    assert java_processes() == set()


@runs
def test_a_task_to_train_on_is_refused(env):
    task = Task(env.id, "Play.", {"experiment": "boil", "variation": 0}, "train")
    with pytest.raises(UsageError, match="must have the split 'novel'"):
        env.reset(options={"task": task})


@runs
def test_the_reward_is_the_score_and_the_wrong_focus_nothing(env):
    task = named("find-non-living-thing")
    rows = play(env, task, env.expert())
    assert [reward for _, reward, _, _ in rows] == [0.0] * (len(rows) - 1) + [1.0]
    env.reset(options={"task": task})
    steps = [(*env.step(message)[1:3], env.progress()) for message in table_in_the_orange_box(env)]
    assert steps == [(0.0, False, 0.17), (0.0, False, 0.25), (0.0, False, 0.75), (1.0, True, 1.0)]
    env.reset(options={"task": named("boil")})
    assert env.step(act(env, "focus on agent"))[1:3] == (0.0, True)


@runs
def test_the_limit_ends_the_game_with_its_score():
    env = ScienceworldEnv(max_turns=3)
    *_, (_, reward, info, _) = play(env, named("find-non-living-thing"), table_in_the_orange_box(env))
    env.close()
    assert reward == 0.75
    assert "stop" not in info


@runs
def test_one_java_process_serves_all_episodes_and_ends_with_the_environment(env):
    files = len(os.listdir("/proc/self/fd"))
    env.reset(options={"task": TASKS[11]})
    (process,) = java_processes()
    env.reset(options={"task": TASKS[12]})
    assert java_processes() == {process}
    env.close()
    env.close()
    assert not running(process)
    gc.collect()
    for _ in range(50):  # two threads of the connection close what they read
        if len(os.listdir("/proc/self/fd")) <= files:
            break
        time.sleep(0.1)
    assert len(os.listdir("/proc/self/fd")) <= files


@runs
def test_killing_python_ends_java():
    code = (
        "from envs.external.scienceworld import ScienceworldEnv as E; from tests.test_scienceworld import *; "
        "env = E(); env.reset(); print(*java_processes(), flush=True); import time; time.sleep(60)"
    )
    root = Path(__file__).parent.parent
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    with child:
        process = int(child.stdout.readline())
        assert running(process)
        child.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not running(process):
            return
        time.sleep(0.1)
    pytest.fail("Java still runs, ten seconds after Python was killed")


@pytest.mark.slow
@runs
@pytest.mark.parametrize("task", TASKS[:30], ids=lambda task: task.template)
def test_the_packages_solution_of_every_experiment_scores_100(task):
    assert check_task(ScienceworldEnv, task, max_turns=400) == []


@pytest.mark.slow
@runs
def test_the_table_of_variations_is_the_packages(env):
    env.reset(options={"task": TASKS[0]})
    simulator = env._game._simulator
    assert {name: simulator.getTaskMaxVariations(name) for name in simulator.getTaskNames()} == {
        name: count for name, (count, _) in EXPERIMENTS.items()
    }
    for name in EXPERIMENTS:
        simulator.load(name, 0, "easy", False)
        ours = [task.data["variation"] for task in TASKS if task.template == name]
        assert list(simulator.getVariationsTest()) == ours
