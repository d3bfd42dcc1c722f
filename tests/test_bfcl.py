"""BFCL behind our tools: its own gold answers pass its own rules, and slips do not."""

import importlib.util
import subprocess
import sys

import pytest

from envs import ToolCall
from envs.external.bfcl import CATEGORIES, BfclEnv, load_category
from envs.testing import play
from training.dataset import TRAINABLE

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("bfcl_eval"), reason="pip install --no-deps bfcl-eval==2026.3.23"
)
UNSOLVABLE = {
    "bfcl-simple_java_36": "a truth value in a list of type any, which the checker reads as text",
    "bfcl-simple_java_65": "a truth value in a list of type any, which the checker reads as text",
    "bfcl-live_simple_106-63-0": "a required argument without an acceptable value",
    "bfcl-live_simple_112-68-0": "a required argument without an acceptable value",
    "bfcl-live_multiple_862-181-3": "the answer has an argument that the function does not have",
    "bfcl-live_multiple_964-207-0": "the answer has an argument that the function does not have",
}
"""Tasks whose gold answer BFCL's own rule does not accept, and why."""


def solved(task, calls=None):
    env = BfclEnv(max_turns=200)
    if calls is None:
        env.reset(options={"task": task})
        rows = play(env, task, env.expert())
    else:
        rows = play(env, task, [env.write(call, "x") for call in calls])
    return rows[-1][1] == 1.0


@pytest.mark.parametrize("category", CATEGORIES)
def test_gold_answers_pass(category):
    tasks = load_category(category)
    assert {task.id for task in tasks if not solved(task)} == {i for i in UNSOLVABLE if i in {t.id for t in tasks}}


def gold(task):
    env = BfclEnv()
    env.reset(options={"task": task})
    return [call for _, call in env.solve()]


@pytest.mark.parametrize("category", ["simple_python", "multiple", "parallel", "live_simple"])
def test_a_missing_an_additional_and_a_wrong_call_fail(category):
    for task in load_category(category)[:30]:
        calls = gold(task)
        assert not solved(task, calls[1:])
        assert not solved(task, [calls[0], *calls])
        wrong = ToolCall(calls[0].name, {name: [value, value] for name, value in calls[0].arguments.items()})
        assert not solved(task, [wrong, *calls[1:]])


def test_calling_where_nothing_fits_fails_and_so_does_not_calling_where_something_does():
    needless, needed = load_category("irrelevance")[0], load_category("live_relevance")[0]
    end = ToolCall("answer", {"text": "No."})
    name = needless.data["functions"][0]["name"]
    assert not solved(needless, [ToolCall(name, {}), end])
    assert not solved(needed, [end])


def test_a_turn_too_few_a_wrong_argument_and_a_lazy_turn_fail_on_the_simulators():
    task = load_category("multi_turn_base")[0]
    calls = gold(task)
    ends = [number for number, call in enumerate(calls) if call.name == "answer"]
    assert not solved(task, calls[: ends[-2] + 1])
    assert not solved(task, calls[1:])
    assert not solved(task, [ToolCall("mkdir", {"dir_name": "elsewhere"}), *calls])


def test_mistakes_of_the_model_are_observations():
    env = BfclEnv()
    task = load_category("multi_turn_base")[0]
    env.reset(options={"task": task})
    for call in (
        ToolCall("cd", {"path": "x"}),
        ToolCall("cd", {"folder": 7}),
        ToolCall("kill"),
        ToolCall("_load_scenario"),
    ):
        observation, *_ = env.step(env.write(call, "x"))
        assert observation


def test_a_task_is_never_training_data():
    assert {task.split for category in CATEGORIES for task in load_category(category)[:1]} == {"novel"}
    assert "novel" not in TRAINABLE


def test_the_checker_is_imported_by_many_threads_at_once():
    """In a process of its own, where nothing has been imported yet."""
    threads = """
import sys
sys.setswitchinterval(1e-5)
from concurrent.futures import ThreadPoolExecutor
from envs.external.bfcl import BfclEnv, load_category
from envs.testing import play

def solve(task):
    env = BfclEnv()
    env.reset(options={"task": task})
    return play(env, task, env.expert())[-1][1]

with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(solve, load_category("simple_python")[:8])))
"""
    ran = subprocess.run([sys.executable, "-c", threads], capture_output=True, text=True, timeout=120)
    assert ran.stdout == "8.0\n", ran.stderr
