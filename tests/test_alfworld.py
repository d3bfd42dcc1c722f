"""ALFWorld's games: loading, refusing, playing, and the same in TextWorld's engine."""

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from envs.errors import UsageError
from envs.household.alfworld import AlfworldEnv, load
from envs.household.goal import ALFWORLD_GOALS
from envs.registry import env_class, load_tasks
from envs.testing import check_task, play
from envs.types import Task
from tests.test_household_simulator import DATA, lines, replay

GAMES = DATA / "games.jsonl.xz"
SHARED = Path(os.environ.get("AGENTTUNING_DATA", Path(__file__).parents[2] / "shared" / "data"))
REAL = SHARED / "tasks" / "alfworld"
needs_real = pytest.mark.skipif(
    not REAL.exists(), reason=f"no ALFWorld games at {REAL}; set AGENTTUNING_DATA to the data folder"
)


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    return load_tasks(f"alfworld:{GAMES}")


def one_of_each(tasks: list[Task]) -> list[Task]:
    return list({task.template: task for task in tasks}.values())


def solved(task: Task, **options) -> bool:
    env = AlfworldEnv(**options)
    try:
        return play(env, task, env.expert())[-1][1] == 1.0
    finally:
        env.close()


def in_folders(root: Path, game: dict, folder: str, **changes) -> Path:
    """A game in ALFWorld's folder layout."""
    _, _, *place = Path(game["path"]).parts
    file = root.joinpath("json_2.1.1", folder, *place)
    file.parent.mkdir(parents=True)
    domain = (DATA / "alfred.pddl").read_text(encoding="utf-8")
    kept = {key: game[key] for key in ("pddl_problem", "grammar")}
    file.write_text(json.dumps({"pddl_domain": domain, "solvable": True, **kept, **changes}), encoding="utf-8")
    return file


def test_it_is_registered():
    assert env_class("alfworld") is AlfworldEnv


def test_a_file_of_games_is_read(tasks):
    assert Counter(task.template for task in tasks) == dict.fromkeys(ALFWORLD_GOALS, 10)
    assert {task.split for task in tasks} == {"train"}
    assert {task.difficulty for task in tasks} == {2, 3, 4}
    assert len({task.id for task in tasks}) == 60
    assert all(Task.from_json(task.to_json()) == task for task in tasks)
    assert tasks[0].prompt == "Your task is to: look at alarmclock under the desklamp."
    assert tasks[0].id == "look_at_obj_in_light-AlarmClock-None-DeskLamp-301/trial_T20190907_174127_043461"


def test_a_folder_of_games_is_read_and_its_name_is_the_split(tasks, tmp_path):
    root = tmp_path / "train"  # a folder of one's own above ALFWorld's does not count
    for game, folder in zip(lines("games"), ("train", "valid_seen", "valid_unseen"), strict=False):
        in_folders(root, game, folder)
    found = load(root)
    assert [task.split for task in found] == ["train", "test", "novel"]
    for task, same in zip(found, tasks, strict=False):
        assert (task.id, task.prompt, task.data["house"]) == (same.id, same.prompt, same.data["house"])
    assert [task.id for task in load(root / "json_2.1.1" / "valid_seen")] == [tasks[1].id]


def test_a_single_game_from_anywhere_is_for_testing(tmp_path):
    file = in_folders(tmp_path, lines("games")[0], "mine")
    assert [task.split for task in load(file)] == ["test"]


def test_an_unsolvable_game_is_left_out(tmp_path):
    in_folders(tmp_path, lines("games")[0], "train", solvable=False)
    with pytest.raises(UsageError, match="no tasks"):
        load_tasks(f"alfworld:{tmp_path}")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pddl_problem": "(define)"}, "needs .:init"),
        ({"grammar": "{}"}, "Your task is to"),
    ],
)
def test_a_broken_game_is_named(tmp_path, changes, reason):
    file = in_folders(tmp_path, lines("games")[0], "train", **changes)
    with pytest.raises(UsageError, match=f"trial_T20190907_174127_043461.*{reason}"):
        load(tmp_path)
    file.write_text("{}")
    with pytest.raises(UsageError, match=r"lacks \['grammar', 'pddl_problem'\]"):
        load(tmp_path)
    games = tmp_path / "games.jsonl"
    games.write_text(json.dumps(lines("games")[0]) + "\n{not JSON\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 2: a game must be JSON"):
        load(games)
    games.write_text(json.dumps({"pddl_problem": "", "grammar": ""}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"line 1: the game lacks \['path'\]"):
        load(games)


def test_the_contract_holds_for_a_game_of_each_kind(tasks):
    for task in one_of_each(tasks):
        assert check_task(AlfworldEnv, task) == [], task.id


def test_the_expert_wins_all_sixty_games_with_either_set_of_tools(tasks):
    assert all(solved(task) for task in tasks)
    assert all(solved(task, tools="verbs") for task in tasks)


def test_winning_ends_the_episode_and_progress_leads_there(tasks):
    env = AlfworldEnv()
    for task in one_of_each(tasks):
        env.reset(options={"task": task})
        assert env.progress() < 1
        for action in env.expert():
            assert env.score() == 0.0
            _, reward, terminated, _, info = env.step(action)
        assert (reward, terminated, env.progress(), info["error"]) == (1.0, True, 1.0, None)


def test_nothing_happens_is_counted_as_a_mistake(tasks):
    env = AlfworldEnv()
    env.reset(options={"task": tasks[0]})
    observation, *_, info = env.step(env.write(env.call("go to the moon"), "Up."))
    assert (observation, info["error"]) == ("Observation: Nothing happens.", "tool")


def test_fifty_turns_or_thirty_five_by_agentbench(tasks):
    for env, turns in ((AlfworldEnv(), 50), (AlfworldEnv(max_turns=35), 35)):
        env.reset(options={"task": tasks[0]})
        ends = [env.step(env.write(env.call("look"), "Again."))[3] for _ in range(turns)]
        assert ends == [False] * (turns - 1) + [True]


def test_prompts_are_short():
    """250 tokens at most, taken as 4 characters each."""
    assert len(AlfworldEnv().system_prompt) < 600
    assert len(AlfworldEnv(tools="verbs").system_prompt) < 1050


def test_wrong_options_and_tasks_are_refused():
    with pytest.raises(UsageError, match="Did you mean 'textworld'"):
        AlfworldEnv(engine="textwold")
    with pytest.raises(UsageError, match="Did you mean 'verbs'"):
        AlfworldEnv(tools="verb")
    with pytest.raises(UsageError, match=r"lacks \['file', 'goal', 'house', 'line'\]"):
        AlfworldEnv().reset(options={"task": Task(AlfworldEnv.id, "Go.")})


def test_without_textworld_the_engine_says_how_to_get_it(tasks, monkeypatch):
    monkeypatch.setitem(sys.modules, "textworld", None)
    with pytest.raises(UsageError, match=r"pip install 'agenttuning\[household\]'"):
        AlfworldEnv(engine="textworld").reset(options={"task": tasks[0]})


def test_the_engine_needs_the_file_of_the_game(tasks):
    moved = Task(AlfworldEnv.id, tasks[0].prompt, {**tasks[0].data, "file": "gone.jsonl.xz"})
    with pytest.raises(UsageError, match=r"gone\.jsonl\.xz is not there"):
        AlfworldEnv(engine="textworld").reset(options={"task": moved})


@pytest.mark.parametrize(("folder", "split"), [("valid_seen", "test"), ("valid_unseen", "novel")])
def test_held_out_games_may_not_be_trained_on(tmp_path, folder, split):
    pytest.importorskip("transformers", reason="needs the `train` extra")
    from rollout.collect import collect
    from training.dataset import dataset

    in_folders(tmp_path, lines("games")[0], folder)
    store = tmp_path / "store.db"
    assert collect(policy="expert", tasks=f"alfworld:{tmp_path}", run="held-out", store=store) == 0
    with pytest.raises(UsageError, match=f"1 of {split} in run 'held-out'"):
        dataset(["held-out"], tmp_path / "data.jsonl", store=store, tokenizer="none")


@pytest.mark.slow
@needs_real
@pytest.mark.parametrize(("name", "number"), [("train", 3554), ("valid_seen", 140)])
def test_the_expert_wins_nearly_all_games(name, number):
    tasks = load(REAL / f"games_{name}.jsonl.xz")
    assert len(tasks) == number
    lost = [task.id for task in tasks if not solved(task)]
    assert len(lost) <= 0.05 * number, lost


@pytest.mark.slow
@pytest.mark.parametrize("number", range(60))
@pytest.mark.parametrize("policy", ["random", "expert"])
def test_textworld_says_what_was_recorded(tasks, number, policy):
    """So our simulator and the engine agree at every step, and what the expert does wins in both."""
    pytest.importorskip("fast_downward", reason="needs TextWorld's engine: pip install 'agenttuning[household]'")
    replay(AlfworldEnv(engine="textworld").build(tasks[number]), lines("transcripts")[number][policy])
