"""The tasks that suites hold for evaluation are kept out of training, whatever their id and wording."""

from dataclasses import replace

import pytest

import envs
from envs import Task, UsageError
from envs.registry import env_class
from evaluation.guard import Held, guard
from evaluation.instances import BUILT_FROM, goal_key, has_own_world, initial_state
from evaluation.suites import load_suite, suite_names
from tests.toy import toy_task

WORLDS = ("db", "api", "household", "os", "qa-graph")
SHARE_A_WORLD = {"AgentTuning/Qa-v0", "AgentTuning/QaGraph-v0"}
NOTHING_BUILT = {"AgentTuning/AgentbenchOs-v0", "AgentTuning/Bfcl-v0", "AgentTuning/Hotpotqa-v0"}
"""Environments whose tasks are told apart by all of their data, and by their goal."""


def some(world, split, n=20):
    return env_class(world).tasks(split)[:n]


@pytest.mark.parametrize("world", WORLDS)
def test_training_tasks_of_every_world_pass(world):
    guard(some(world, "train", 60) + some(world, "explore", 60))


@pytest.fixture(scope="module")
def suite_task():
    return load_suite("db-test").tasks()[7]


LEAKS = {
    "the task itself": lambda task: task,
    "its id alone": lambda task: replace(task, prompt="Count them.", data={**task.data, "seed": "train/0/0"}),
    "another split's label": lambda task: replace(task, split="train", id=""),
    "another wording": lambda task: replace(task, prompt="In other words: what is asked for?", split="train", id=""),
    "another goal": lambda task: replace(
        task, prompt="Delete everything.", data={**task.data, "gold": [], "write": True, "steps": []}, id=""
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found_and_named(leak, suite_task):
    planted = LEAKS[leak](suite_task)
    tasks = [*some("db", "train"), planted]
    with pytest.raises(UsageError, match=f"1 of 21 training tasks.*{planted.id}.*task {suite_task.id} of suite "):
        guard(tasks)


def test_every_suite_is_guarded_the_one_for_choosing_too():
    for name in suite_names():
        entry = load_suite(name).entries[0]
        if entry.env in {env_class(world).id for world in WORLDS}:
            (task, *_) = load_suite(name).shrunk(1).tasks()
            with pytest.raises(UsageError, match=task.id):
                guard([task])


def test_many_leaks_are_counted():
    with pytest.raises(UsageError, match=r"5 of 5 training tasks .* and 2 more"):
        guard(load_suite("db-test").tasks()[:5])


# --- goals ----------------------------------------------------------------------------------------------------------


def question(prompt, split="test", env="AgentTuning/Qa-v0", plan=("get", "Ada", "age"), **data):
    return Task(env, prompt, {"index": 0, "world": split, "plan": list(plan), "gold": [["36"]], **data}, split)


def test_a_question_to_a_shared_world_is_known_by_its_words_and_by_its_meaning():
    held = Held([("qa-test", question("How old is  Ada?"))])
    assert "has the goal" in held.reason(question("HOW OLD is Ada?", "train", plan=["other"]))
    assert "starts in the state" in held.reason(question("Tell me Ada's age.", index=7))
    assert "starts in the state" in held.reason(question("Tell me Ada's age.", env="AgentTuning/QaGraph-v0"))
    assert held.reason(question("How old is Bob?", plan=("get", "Bob", "age"))) is None


def test_equal_goals_in_different_worlds_of_their_own_are_no_leak():
    task = some("db", "test", 1)[0]
    elsewhere = replace(task, data={**task.data, "seed": "train/5/0"}, split="train", id="")
    assert elsewhere.prompt == task.prompt
    assert has_own_world(elsewhere)
    assert Held([("db-test", task)]).reason(elsewhere) is None


def test_an_unknown_environment_is_known_by_all_its_data_or_by_its_goal():
    held = Held([("toys", toy_task(3))])
    assert "has the goal" in held.reason(replace(toy_task(3), data={"goal": 4}, id=""))
    assert "starts in the state" in held.reason(replace(toy_task(3), prompt="Other words.", id=""))
    assert held.reason(replace(toy_task(3), prompt="Other words.", data={"goal": 4}, id="")) is None


# --- keys -----------------------------------------------------------------------------------------------------------


def test_every_registered_environment_has_been_thought_of():
    ours = {name for name in envs.env_ids() if name.startswith("AgentTuning/")}
    assert ours == BUILT_FROM.keys() | NOTHING_BUILT


@pytest.mark.parametrize("world", WORLDS)
def test_the_state_is_that_of_the_world_at_the_start(world):
    """Tasks with equal keys reset into equal worlds, and the key does not hang on what only grades a task."""
    cls = env_class(world)
    tasks = some(world, "dev", 10)
    assert len({initial_state(task) for task in tasks}) == len(tasks)
    built = set(BUILT_FROM[cls.id])
    for task in tasks:
        assert built & task.data.keys(), "no field of BUILT_FROM is in the task"
        graded = {field: value for field, value in task.data.items() if field not in built}
        changed = replace(task, prompt="Other words.", data=task.data | dict.fromkeys(graded), id="")
        assert initial_state(changed) == initial_state(task)


@pytest.mark.parametrize("world", ["db", "api", "household"])
def test_the_built_world_is_the_same_without_the_other_fields(world):
    """What `BUILT_FROM` leaves out does not change what a reset builds: swap it with another task's and compare."""
    cls = env_class(world)
    env = cls()
    try:
        one, other = some(world, "dev", 2)
        swapped = dict(other.data) | {field: one.data[field] for field in BUILT_FROM[cls.id] if field in one.data}
        env.reset(seed=0, options={"task": one})
        before = _records(env)
        env.reset(seed=0, options={"task": replace(one, data=swapped, id="")})
        assert _records(env) == before
        env.reset(seed=0, options={"task": other})
        assert _records(env) != before
    finally:
        env.close()


def _records(env):
    """The world's state alone: an api's key also holds what its user was asked."""
    return env._session.rows() if env.id == "AgentTuning/Api-v0" else env.state_key()


def test_goal_keys_forget_case_and_white_space_alone():
    assert goal_key(" Put  a\nMUG away. ") == goal_key("put a mug away.")
    assert goal_key("Put a mug away.") != goal_key("Put a mug away!")


def test_shared_worlds_are_no_own_worlds():
    assert {env for env in BUILT_FROM if not has_own_world(Task(env, "?", {BUILT_FROM[env][0]: 1}))} == SHARE_A_WORLD
