"""AgentTuning's overall against the published ones, and the table beside the paper's rows."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from envs import Task, UsageError
from envs.registry import env_ids
from evaluation.metrics import score
from evaluation.overall import load_reference, normalised, overall, overall_parts
from evaluation.tables import print_parts
from rollout.trajectory import Step, Stop, Trajectory

PUBLISHED = {
    "held-in": [1.59, 2.75, 0.19, 0.20, 0.27, 1.96, 2.11, 2.55],
    "held-out": [1.49, 2.13, 0.38, 0.49, 0.51, 0.67, 0.78, 1.40],
    "general": [1.15, 1.53, 0.63, 0.74, 0.95, 0.62, 0.69, 0.96],
}
"""The overalls on AgentTuning's page, in the order of the reference's models."""


def episode(env, index, reward):
    task = Task(f"AgentTuning/{env}-v0", f"Task {index}", template=f"template-{index}")
    return Trajectory("run", task, 0, "toy", "react", [], [Step(1)], Stop.FINISHED, reward)


@pytest.fixture
def reference():
    return load_reference()


@pytest.mark.parametrize("group", PUBLISHED)
def test_the_derived_weights_reproduce_every_published_overall(reference, group):
    for position, model in enumerate(reference.models):
        scores = {task.name: task.scores[position] for task in reference.tasks}
        assert normalised(scores, reference)[group] == pytest.approx(PUBLISHED[group][position], abs=0.012), model


def test_the_weights_are_what_least_squares_makes_of_the_table(reference):
    """Not of the models that are compared: 6 weights from 8 published overalls, rounded to a tenth."""
    import numpy as np

    tasks = [task for task in reference.tasks if task.group == "held-in"]
    table = np.array([task.scores for task in tasks]).T
    inverse, *_ = np.linalg.lstsq(table / len(tasks), PUBLISHED["held-in"], rcond=None)
    assert [task.weight for task in tasks] == pytest.approx(1 / inverse, rel=0.01)


def test_the_overall_is_the_mean_over_the_tasks_that_were_played(reference):
    episodes = [episode("Alfworld", i, float(i < 6)) for i in range(10)]
    episodes += [episode("AgentbenchDb", i, float(i < 5)) for i in range(10)]
    episodes += [episode("Hotpotqa", i, 0.5) for i in range(10)]  # no success, but half the words
    episodes += [episode("Db", i, 1.0) for i in range(10)]  # no task of the paper
    found = overall(score(episodes), reference)
    assert found.scores == {"ALFWorld": 60.0, "Database": 50.0, "HotpotQA": 50.0}
    assert found.groups == pytest.approx({"held-in": (60 / 19.9 + 50 / 12.5) / 2, "held-out": 50 / 37.7})


def test_the_papers_rows_are_shown_for_the_same_tasks_alone(reference):
    found = overall(score([episode("Alfworld", i, 1.0) for i in range(4)]), reference)
    console = Console(file=io.StringIO(), width=80, highlight=False)
    print_parts(overall_parts(found, reference), console)
    text = console.file.getvalue()
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert rows["this"] == ["run", "100.0", "5.03"]
    assert rows["AgentLM-70B"] == ["86.0", "4.32"]
    assert rows["GPT-4"] == ["78.0", "3.92"]
    assert "50 games" in text
    assert "derived" in text
    assert "WebShop" not in text


def test_a_run_of_other_tasks_is_given_no_overall(reference):
    found = overall(score([episode("Db", 0, 1.0)]), reference)
    assert (found.scores, found.groups, overall_parts(found, reference)) == ({}, {}, [])


def test_the_table_fits_80_columns_with_all_tasks_of_a_group(reference):
    worlds = ["Alfworld", "AgentbenchOs", "AgentbenchDb", "Miniwob", "Scienceworld", "Hotpotqa"]
    found = overall(score([episode(world, i, 1.0) for world in worlds for i in range(3)]), reference)
    assert len(found.scores) == 6
    console = Console(file=io.StringIO(), width=80, highlight=False)
    print_parts(overall_parts(found, reference), console)
    assert "…" not in console.file.getvalue()


def test_every_environment_of_the_reference_exists_and_says_what_differs(reference):
    same = [task for task in reference.tasks if task.env]
    assert {task.env for task in same} <= set(env_ids())
    assert all(task.differs for task in same)
    assert all(len(task.scores) == len(reference.models) for task in reference.tasks)
    assert {task.metric for task in reference.tasks} == {"success", "reward"}


def test_an_unknown_reference_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'agenttuning-v1'"):
        load_reference("agenttuning-v2")


def test_a_reference_has_the_weights_it_is_given(reference):
    doubled = replace(reference, tasks=tuple(replace(task, weight=2 * task.weight) for task in reference.tasks))
    assert normalised({"OS": 18.1}, doubled) == pytest.approx({"held-in": 0.5})
