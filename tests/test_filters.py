"""Filters: what each keeps, in which order, and what the funnel counts."""

import io
import re

import pytest
from rich.console import Console

from envs import Task, UsageError
from rollout.filters import FILTERS, apply, parse_filters
from rollout.trajectory import Step, Stop, Trajectory
from tests.toy import toy_task


def episode(*actions, task=0, sample=0, stop=Stop.FINISHED, reward=1.0, **changed) -> Trajectory:
    """An episode of calls by name; "name!kind" made a mistake, "name@state" led to that state."""
    steps = []
    for turn, action in enumerate(actions, 1):
        action, _, state = action.partition("@")
        name, _, error = action.partition("!")
        call = None if error == "format" else {"name": name, "arguments": {}}
        steps.append(Step(turn, call=call, error=error or None, state_key=state or str(turn)))
    for step in steps[-1:]:
        step.finish = changed.get("finish", "stop")
    task = task if isinstance(task, Task) else toy_task(task)
    return Trajectory("r", task, sample, "toy", "react", [], steps, stop, reward if stop.valid else None)


def kept(spec, *episodes):
    return [episodes.index(e) for e in apply(parse_filters(spec), episodes)[0]]


def test_success_and_valid():
    episodes = episode("a"), episode("a", reward=0.0), episode("a", reward=0.9), episode("a", stop=Stop.TIMEOUT)
    assert kept("success", *episodes) == [0]
    assert kept("valid", *episodes) == [0, 1, 2]


@pytest.mark.parametrize(
    ("actions", "clean"),
    [
        ("a b c", True),
        ("a b!tool c", True),
        ("a b!format c", False),
        ("a b!unknown_tool c", False),
        ("a b!arguments c", False),
        ("a@0 a@0", False),
        ("a@0 b@0 a@0", False),
        ("a!tool@0 a!tool@0", False),
        ("a@0 b@1 a@1", True),
        ("a@0 b@0 c@0", True),
        ("", True),
    ],
)
def test_clean(actions, clean):
    assert kept("clean", episode(*actions.split())) == [0] * clean


def test_truncated_message_is_not_clean():
    assert kept("clean", episode("a", finish="length"), episode("b")) == [1]


def test_calls_are_compared_with_their_arguments():
    one = episode("a@0", "a@0")
    one.steps[0].call = {"name": "a", "arguments": {"x": 1, "y": 2}}
    one.steps[1].call = {"arguments": {"y": 2, "x": 1}, "name": "a"}
    assert kept("clean", one) == []
    one.steps[1].call["arguments"]["x"] = 3
    assert kept("clean", one) == [0]


def test_max_turns_unique_and_cap():
    episodes = (
        episode("a", "b"),
        episode("a", "b", sample=1),
        episode("a", sample=2),
        episode("a", "b", task=1),
        episode("a", "b", "c", task=1, sample=1),
    )
    assert kept("max_turns=2", *episodes) == [0, 1, 2, 3]
    assert kept("unique", *episodes) == [0, 2, 3, 4]
    assert kept("cap=1", *episodes) == [0, 3]
    assert kept("cap=2", *episodes) == [0, 1, 3, 4]
    assert kept("unique,cap=2,max_turns=1", *episodes) == [2]
    assert kept("", *episodes) == [0, 1, 2, 3, 4]


def test_balance():
    other = Task("Toy/Other-v0", "do it")
    episodes = [episode("a", task=i) for i in range(5)] + [episode("a", task=other, sample=i) for i in range(2)]
    assert kept("balance", *episodes) == [0, 1, 5, 6]
    assert kept("balance", *episodes[:5]) == [0, 1, 2, 3, 4]
    assert kept("balance") == []


def test_funnel_counts_each_filter():
    episodes = [episode("a"), episode("a", sample=1), episode("b!format"), episode("a", reward=0.0)]
    left, funnel = apply(parse_filters("success, clean ,unique"), iter(episodes))
    assert left == episodes[:1]
    assert funnel.to_dict() == [
        {"filter": "success", "in": 4, "dropped": 1, "out": 3},
        {"filter": "clean", "in": 3, "dropped": 1, "out": 2},
        {"filter": "unique", "in": 2, "dropped": 1, "out": 1},
    ]
    printed = io.StringIO()
    Console(width=80, file=printed).print(funnel.table())
    assert re.search(r"clean\W+3\W+1\W+2", printed.getvalue())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("sucess", "Did you mean 'success'?"),
        ("max_turn=3", "Did you mean 'max_turns'?"),
        ("max_turns", "needs a whole number above 0"),
        ("cap=0", "needs a whole number above 0"),
        ("cap=-1", "needs a whole number above 0"),
        ("cap=1.5", "needs a whole number above 0"),
        ("clean=1", "takes no number"),
        ("clean,,unique", "no filter ''"),
    ],
)
def test_wrong_specs_are_refused(spec, words):
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        parse_filters(spec)


def test_every_filter_keeps_a_part_in_order():
    episodes = [episode(*"abc"[: i % 4], task=i % 5, sample=i, reward=float(i % 2)) for i in range(40)]
    for name in FILTERS:
        left, _ = apply(parse_filters(f"{name}=2" if name in ("max_turns", "cap") else name), episodes)
        assert [episodes.index(e) for e in left] == sorted(episodes.index(e) for e in left)
        assert 0 < len(left) <= 40
