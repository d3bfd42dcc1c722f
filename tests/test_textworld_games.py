"""TextWorld's generated games: held out, made from a seed alone, won by their own solution and by nothing else."""

import os
from importlib.util import find_spec

import pytest

from envs import SPLITS, Task, ToolCall, UsageError
from envs.external import textworld_games
from envs.external.textworld_games import LEVELS, TextworldEnv
from envs.registry import env_class
from envs.testing import check_env, check_task
from training.dataset import TRAINABLE

TASKS = TextworldEnv.tasks("novel")
runs = pytest.mark.skipif(not find_spec("textworld"), reason="needs the package textworld")


def test_every_task_is_held_out():
    assert env_class("textworld") is TextworldEnv
    assert [split for split in SPLITS if len(TextworldEnv.tasks(split))] == ["novel"]
    assert "novel" not in TRAINABLE
    assert [task.difficulty for task in TASKS[:5]] == list(LEVELS)
    assert len({task.data["seed"] for task in TASKS[:200]}) == 200


def test_a_missing_package_is_said_before_any_work(monkeypatch):
    monkeypatch.setattr(textworld_games, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'agenttuning\[textworld\]'"):
        TextworldEnv()


@runs
@pytest.mark.parametrize("task", TASKS[:5], ids=lambda task: task.template)
def test_the_solution_wins_and_nothing_else_does(task):
    assert check_task(TextworldEnv, task, random=3) == []


@runs
def test_no_command_reaches_beyond_the_game(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = TextworldEnv()
    env.reset(options={"task": TASKS[0]})
    for command in ("save", "script", "look. save", "look then script", "look, save", "look\nsave", "restart", ""):
        _, _, _, _, info = env.step(env.write(ToolCall("act", {"command": command})))
        assert info["error"] == "tool", command
    observation, _, _, _, info = env.step(env.write(ToolCall("act", {"command": " Look"})))
    env.close()
    assert info["error"] is None
    assert observation.startswith("Observation: -= ")
    assert os.listdir() == []


@runs
@pytest.mark.parametrize(
    ("data", "split", "reason"),
    [
        (LEVELS[1], "novel", "needs the data seed, rooms"),
        ({"seed": 1, **LEVELS[1]}, "train", "must have the split 'novel'"),
    ],
)
def test_a_task_without_a_seed_or_to_train_on_is_refused(data, split, reason):
    with pytest.raises(UsageError, match=reason):
        TextworldEnv().reset(options={"task": Task(TextworldEnv.id, "Play.", data, split)})


@pytest.mark.slow
@runs
def test_contract():
    check_env(TextworldEnv)
