"""The collection verb: resume after any death, Ctrl-C, wrong use, the summary."""

import io
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from envs import UsageError
from rollout.collect import collect_tasks, select_tasks
from rollout.policies import Sampling
from rollout.policy import PolicyError
from rollout.progress import ProgressLine
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory, Usage
from tests.progress_watch import episodes_in, wait_for_more
from tests.toy import RELEASE, ToyEnv, ToyPolicy, make_toy, toy_task

ROOT = Path(__file__).parents[1]


@pytest.fixture
def guest(tmp_path_factory):
    """An installed package that registers the toy world, as a guest would; returns the environment variables."""
    site = tmp_path_factory.mktemp("site")
    info = site / "toy-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[agenttuning.envs]\nToy/Echo-v0 = tests.toy:ToyEnv\n")
    return os.environ | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}


def command(*arguments):
    return [sys.executable, "-m", "rollout.collect", *map(str, arguments)]


def tasks_file(tmp_path, tasks):
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(task.to_json() + "\n" for task in tasks))
    return path


def deterministic(store_path):
    """Everything stored that does not depend on the clock."""
    with Store(store_path) as store:
        return [
            replace(t, seconds=0, steps=[replace(s, policy_seconds=0, env_seconds=0) for s in t.steps])
            for t in store.select()
        ]


def collect_toy(store, tasks, policy=None, **options):
    options = {"run": "r", "quiet": True, "make_env": make_toy} | options
    return collect_tasks(tasks, policy or ToyPolicy(), store=store, **options)


def test_collects_and_resumes(tmp_path):
    store, tasks = tmp_path / "s.db", [toy_task(i) for i in range(12)]
    first = collect_toy(store, tasks[:5], samples=2)
    assert (first.planned, first.already, first.owed) == (10, 0, 0)
    assert (first.played.episodes, first.played.success, first.played.stops) == (10, 10, {Stop.FINISHED: 10})
    grown = collect_toy(store, tasks, samples=3)
    assert (grown.planned, grown.already, grown.played.episodes, grown.owed) == (36, 10, 26, 0)
    assert collect_toy(store, tasks, samples=3).played.episodes == 0
    assert len(deterministic(store)) == 36


def test_a_task_given_twice_is_played_once(tmp_path):
    assert collect_toy(tmp_path / "s.db", [toy_task(1), toy_task(1)]).planned == 1


def test_invalid_episodes_are_owed_again(tmp_path):
    store, tasks = tmp_path / "s.db", [toy_task(i) for i in range(4)]
    down = collect_toy(store, tasks, ToyPolicy(PolicyError("connection refused")))
    assert (down.played.invalid, down.owed) == (4, 4)
    assert "4 are owed: run the same command again" in str(down)
    assert "invalid, 4 times: policy_error: connection refused" in str(down)
    with Store(store) as opened:
        assert [t.valid for t in opened.select("r")] == [False] * 4
    up = collect_toy(store, tasks)
    assert (up.already, up.played.success, up.owed) == (0, 4, 0)
    with Store(store) as opened:
        assert [t.success for t in opened.select("r")] == [True] * 4


def test_hanging_episodes_time_out_and_the_rest_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("rollout.engine._CLOSING_SECONDS", 0.1)
    tasks = [toy_task(0, "hang"), *(toy_task(i) for i in range(1, 20))]
    summary = collect_toy(tmp_path / "s.db", tasks, concurrency=2, timeout=0.3)
    assert summary.played.stops == {Stop.TIMEOUT: 1, Stop.FINISHED: 19}
    assert summary.owed == 1
    RELEASE.set()
    while any(thread.name == "env" for thread in threading.enumerate()):
        time.sleep(0.01)
    RELEASE.clear()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "reakt"}, "Did you mean 'react'"),
        ({"samples": 0}, "samples must be above 0"),
        ({"concurrency": 0}, "concurrency must be above 0"),
        ({"seed": 1}, "seed was 0 and is now 1"),
        ({"max_turns": 3}, "max_turns was None and is now 3"),
        ({"sampling": Sampling(temperature=0.1)}, r"sampling\.temperature was 0.7 and is now 0.1"),
        ({"run": ""}, "a run needs a name"),
    ],
)
def test_everything_is_checked_before_work(tmp_path, options, words):
    store = tmp_path / "s.db"
    collect_toy(store, [toy_task(0)])
    never = ToyPolicy(AssertionError("asked"))
    with pytest.raises(UsageError, match=words):
        collect_toy(store, [toy_task(1)], never, **options)
    assert len(deterministic(store)) == 1
    assert never.seen == []


def test_usage_error_in_the_middle_keeps_what_has_ended(tmp_path):
    store, tasks = tmp_path / "s.db", [*(toy_task(i) for i in range(5)), toy_task(5, "unsolvable")]
    with pytest.raises(UsageError, match="has no solution"):
        collect_toy(store, tasks, concurrency=1)
    assert len(deterministic(store)) == 5


def test_select_tasks(monkeypatch):
    monkeypatch.setattr("rollout.selection.env_class", lambda _: ToyEnv)
    monkeypatch.setattr("rollout.selection.resolve", lambda name: name)
    assert select_tasks("toy", "dev", 4) == [toy_task(i, split="dev") for i in range(4)]
    assert select_tasks("toy", n=3, first=10) == [toy_task(i) for i in range(10, 13)]
    assert [t.difficulty for t in select_tasks("toy", n=5, difficulty="2-3")] == [2, 3, 2, 3, 2]
    assert [t.difficulty for t in select_tasks("toy", difficulty="5")] == [5] * 4
    for wrong, words in (
        ({"difficulty": "6"}, "difficulty"),
        ({"difficulty": "3-2"}, "difficulty"),
        ({"difficulty": "-"}, "difficulty"),
        ({"split": "trian"}, "Did you mean 'train'"),
        ({"n": 0}, "n must be above 0"),
        ({"first": 20}, "no tasks in split 'train' from index 20"),
    ):
        with pytest.raises(UsageError, match=words):
            select_tasks("toy", **wrong)


def test_endless_split_without_a_fitting_task_is_refused(monkeypatch):
    from envs import Generated

    class Easy(ToyEnv):
        @classmethod
        def tasks(cls, split):
            return Generated(lambda split, i: toy_task(i, difficulty=1, split=split), split)

    monkeypatch.setattr("rollout.selection.env_class", lambda _: Easy)
    monkeypatch.setattr("rollout.selection.resolve", lambda name: name)
    monkeypatch.setattr("rollout.selection._MISSES", 50)
    assert len(select_tasks("easy", n=200, difficulty="1")) == 200
    with pytest.raises(UsageError, match="no tasks of difficulty 5"):
        select_tasks("easy", difficulty="5")


def test_command_line(tmp_path, guest):
    tasks = tasks_file(tmp_path, [toy_task(i, split="dev" if i % 2 else "train") for i in range(10)])
    arguments = ["--policy", "expert", "--tasks", tasks, "--split", "dev", "--store", tmp_path / "s.db"]
    done = subprocess.run(command(*arguments), env=guest, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "run 'tasks-expert': 5 episodes planned, 0 already in" in done.stdout
    assert re.search(r"5 finished +A tool ended the episode and it was scored\.", done.stdout)
    assert "100.0% of 5 solved" in done.stdout
    again = subprocess.run(command(*arguments), env=guest, capture_output=True, text=True, timeout=60)
    assert "5 episodes planned, 5 already in" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--policy", "expert"], "nothing to play: give --env NAME"),
        (["--policy", "expert", "--env", "ecko"], "Did you mean 'echo'?"),
        (["--policy", "expert", "--env", "echo", "--split", "tests"], "Did you mean 'test'?"),
        (["--policy", "expert", "--env", "echo", "--format", "x"], "no action format 'x'"),
        (["--policy", "replay:nothing", "--env", "echo"], "nothing"),
        (["--policy", "expert", "--tasks", "absent.jsonl"], "no task file 'absent.jsonl'"),
    ],
)
def test_wrong_use_exits_2_with_a_sentence(tmp_path, guest, arguments, words):
    done = subprocess.run(
        command(*arguments, "--store", tmp_path / "s.db"), env=guest, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def _killed_and_restarted(tmp_path, guest, kills, tasks, samples):
    file = tasks_file(tmp_path, tasks)
    arguments = ["--policy", "expert", "--tasks", file, "--samples", samples, "--concurrency", 8, "--seed", 7]
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    subprocess.run(command(*arguments, "--store", whole), env=guest, check=True, capture_output=True, timeout=120)
    moments, survived = random.Random(kills), []
    for kill in range(kills):
        process = subprocess.Popen(command(*arguments, "--store", killed), env=guest, stdout=subprocess.DEVNULL)
        if kill > 0:  # the first one may strike before anything is there
            wait_for_more(killed, survived[-1], process)
        time.sleep(moments.uniform(0, 0.5))
        process.kill()
        assert process.wait() == -signal.SIGKILL, "the collection had ended before it could be killed"
        survived.append(episodes_in(killed))
    assert 0 < survived[-1] < len(tasks) * samples, survived
    finished = subprocess.run(command(*arguments, "--store", killed), env=guest, capture_output=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    expected, got = deterministic(whole), deterministic(killed)
    assert len(expected) == len({t.id for t in expected}) == len(tasks) * samples
    assert got == expected
    with Store(killed) as store:
        assert store.db["steps"].count == sum(len(t.steps) for t in expected)
        assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_killed_three_times_equals_uninterrupted(tmp_path, guest):
    _killed_and_restarted(tmp_path, guest, 3, [toy_task(i, "slow", goal=1 + i % 4) for i in range(90)], samples=2)


@pytest.mark.slow
def test_killed_ten_times_equals_uninterrupted(tmp_path, guest):
    _killed_and_restarted(tmp_path, guest, 10, [toy_task(i, "slow", goal=1 + i % 4) for i in range(400)], samples=2)


def test_ctrl_c_keeps_what_has_ended_and_says_how_to_go_on(tmp_path, guest):
    tasks, store = tasks_file(tmp_path, [toy_task(i, "slow", goal=1 + i % 4) for i in range(200)]), tmp_path / "s.db"
    arguments = command("--policy", "expert", "--tasks", tasks, "--store", store, "--concurrency", 4)
    process = subprocess.Popen(arguments, env=guest, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_more(store, 0, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=15)
    assert process.returncode == 130, (out, err)
    assert "Traceback" not in err
    kept = episodes_in(store)
    assert 0 < kept < 200
    assert int(re.search(r"(\d+) finished", out)[1]) == kept
    assert f"{200 - kept} are owed: run the same command again" in out


def test_progress_is_printed_as_lines_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr("rollout.progress._LINE_SECONDS", 0)
    printed = io.StringIO()
    with ProgressLine(Console(file=printed, width=200), total=4) as progress:
        assert str(progress.tally) == "none scored yet"
        for reward, stop, usage in (
            (1.0, Stop.FINISHED, Usage(1000, 20)),
            (0.0, Stop.MAX_TURNS, Usage(500, 10)),
            (None, Stop.TIMEOUT, Usage()),
        ):
            steps = [Step(1, error="tool", usage=usage), Step(2, error="format"), Step(3)]
            progress.add(Trajectory("r", toy_task(0), 0, "toy", "react", [], steps, stop, reward))
    line = printed.getvalue()
    assert line.startswith("3 of 4 episodes, ")
    assert "50.0% of 2 solved · 1 invalid: timeout 1 · mistakes: tool 3, format 3 · tokens: 1,500 in, 30 out" in line
    assert progress.tally.stops == {Stop.FINISHED: 1, Stop.MAX_TURNS: 1, Stop.TIMEOUT: 1}
