"""The policies that need no model, and the names by which policies are asked for."""

import asyncio
import io
import sys

import pytest
from rich.console import Console

from envs import ToolCall, UsageError
from rollout.engine import run
from rollout.manifest import Manifest
from rollout.policies import ExpertPolicy, HumanPolicy, RandomPolicy, Sampling, make_policy
from rollout.policy import Reply
from rollout.replay_policy import ReplayPolicy
from rollout.store import Store
from rollout.trajectory import Stop
from tests.test_core import Guess, number

TASKS = [number("train", i) for i in range(6)]


class Searched(Guess):
    """Its expert reads what the world says: hints until the answer is known."""

    max_turns = 12

    def solve(self):
        for below in range(1, 8):
            if (yield f"Is it below {below}?", ToolCall("hint", {"below": below})) == "yes":
                yield "Then I know it.", ToolCall("answer", {"number": below - 1})
                return


class GivesUp(Guess):
    def solve(self):
        yield "I ask.", ToolCall("hint", {"below": 7})


def play(policy, world=Searched, tasks=TASKS, samples=1, **options):
    """Play every task through the engine; trajectories sorted by task and sample."""
    options = {"run": "test", "concurrency": 3, "timeout": 20, **options}
    plan = [(task, sample) for task in tasks for sample in range(samples)]

    async def go():
        try:
            return [t async for t in run(plan, policy, make_env=lambda _, **kw: world(**kw), **options)]
        finally:
            await policy.close()

    return sorted(asyncio.run(go()), key=lambda t: (t.task.prompt, t.sample))


def written(trajectory):
    return [message["content"] for message in trajectory.messages if message["role"] == "assistant"]


@pytest.mark.parametrize("form", ["react", "hermes"])
def test_the_expert_hears_the_observation_without_its_wrapping(form):
    played = play(ExpertPolicy(), env_options={"format": form})
    assert [t.success for t in played] == [True] * 6
    assert [len(t.steps) for t in played] == [2, 3, 4, 5, 6, 7]


def test_an_expert_that_stops_early_is_a_broken_machine_and_is_named():
    (trajectory,) = play(ExpertPolicy(), GivesUp, TASKS[:1])
    assert trajectory.stop is Stop.POLICY_ERROR
    assert f"solution of task {TASKS[0].id}" in trajectory.error
    assert "after 1 actions" in trajectory.error


def test_an_expert_without_a_solution_is_the_users_mistake():
    class NoSolver(Guess):
        solve = Guess.__mro__[1].solve

    with pytest.raises(UsageError, match="has no reference"):
        play(ExpertPolicy(), NoSolver)


def test_random_is_repeatable_and_differs_by_sample_and_seed():
    def texts(**options):
        return [written(t) for t in play(RandomPolicy(), samples=2, tasks=TASKS[:2], **options)]

    first = texts(seed=1)
    assert first == texts(seed=1, concurrency=1)
    assert first != texts(seed=2)
    assert first[0] != first[1]


def test_a_stored_run_is_replayed_word_for_word(tmp_path):
    store = tmp_path / "store.db"
    original = play(RandomPolicy(), samples=2)
    with Store(store) as opened:
        opened.start_run("test", {})
        for trajectory in original:
            opened.add(trajectory)
    again = play(make_policy("replay:test", Sampling(), store=store), samples=2)
    assert [t.messages for t in again] == [t.messages for t in original]
    assert [(t.reward, t.stop) for t in again] == [(t.reward, t.stop) for t in original]
    assert {t.policy for t in again} == {"replay:test"}


def test_tokens_and_counts_of_a_stored_run_are_replayed_too(tmp_path):
    answer = "Thought: Three.\nAction: answer\n" + '{"number": 3}'
    said = Reply(answer, "length", 11, 4, token_ids=[1, 2, 3, 4], logprobs=[-0.5, -0.25, 0.0, -1.0])
    original = play(ReplayPolicy([said]), tasks=TASKS[:1])
    with Store(tmp_path / "store.db") as store:
        store.start_run("test", {})
        store.add(original[0])
    (again,) = play(make_policy("replay:test", Sampling(), store=tmp_path / "store.db"), tasks=TASKS[:1])
    (step,) = again.steps
    assert (step.finish, step.token_ids, step.logprobs) == ("length", [1, 2, 3, 4], [-0.5, -0.25, 0.0, -1.0])
    assert (step.usage.prompt_tokens, step.usage.completion_tokens) == (11, 4)


def test_recorded_texts_go_to_all_tasks_or_to_their_own():
    guess = 'Thought: I guess.\nAction: answer\n{"number": %d}'
    assert [t.success for t in play(ReplayPolicy([guess % 2]))] == [False, False, True, False, False, False]
    own = ReplayPolicy({task.id: [guess % task.data["n"]] for task in TASKS})
    assert all(t.success for t in play(own, samples=2))


def test_what_was_not_recorded_is_a_policy_error_that_names_the_task():
    hint = 'Thought: I ask.\nAction: hint\n{"below": 3}'
    played = play(ReplayPolicy({TASKS[0].id: [hint]}), tasks=TASKS[:2])
    assert [t.stop for t in played] == [Stop.POLICY_ERROR] * 2
    assert f"task {TASKS[0].id} goes on after its 1 recorded messages" in played[0].error
    assert f"sample 0 of task {TASKS[1].id} (Test/Guess-v0) was not recorded" in played[1].error


def test_a_person_plays_at_the_terminal(monkeypatch):
    typed = 'Thought: a.\nAction: hint\n{"below": 1}\n\nThought: b.\nAction: answer\n{"number": 0}\n\nThought: c.'
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    shown = io.StringIO()
    first, second = play(HumanPolicy(Console(file=shown, width=80)), tasks=TASKS[:2], concurrency=1)
    assert first.success
    assert written(first) == ['Thought: a.\nAction: hint\n{"below": 1}', 'Thought: b.\nAction: answer\n{"number": 0}']
    assert second.stop is Stop.POLICY_ERROR
    assert "end of input" in second.error
    for text in ("Guess a number from 0 to 6.", "Guess number 0 of train.", "Observation: yes", "Guess number 1 of"):
        assert shown.getvalue().count(text) == (2 if text.startswith("Guess a") else 1)


@pytest.mark.parametrize(
    "wrong", [{"temperature": -0.1}, {"top_p": 0}, {"top_p": 1.1}, {"max_tokens": 0}, {"seed": -1}]
)
def test_a_sampling_setting_out_of_range_is_named(wrong):
    (name,) = wrong
    with pytest.raises(UsageError, match=name.replace("_", "-")):
        Sampling(**wrong)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "forms are expert"),
        ("replay", "replay:RUN"),
        ("local", "local:PATH"),
        ("local:", "no model folder"),
        ("local:/nowhere/at/all", "no model folder '/nowhere/at/all'"),
        ("local:/no+where", r"no model folder '/no\+where'"),
        ("smollm2+", "no model folder"),
        ("smollm2+/nowhere", "no model folder '/nowhere'"),
        ("replay:test", "no store"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_before_any_work(spec, says, tmp_path):
    with pytest.raises(UsageError, match=says):
        make_policy(spec, Sampling(), store=tmp_path / "none.db")
    assert not list(tmp_path.iterdir())


def test_an_unknown_run_is_answered_with_the_nearest(tmp_path):
    with Store(tmp_path / "store.db") as store:
        store.start_run("teacher", {})
    with pytest.raises(UsageError, match="'teacher'"):
        make_policy("replay:teachr", Sampling(), store=tmp_path / "store.db")
    with pytest.raises(UsageError, match="no valid episode"):
        make_policy("replay:teacher", Sampling(), store=tmp_path / "store.db")


def test_the_small_policies_have_names():
    assert [make_policy(spec, Sampling()).name for spec in ("expert", "random", "human")] == [
        "expert",
        "random",
        "human",
    ]


def test_a_local_model_without_its_libraries_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "rollout.local_policy", raising=False)
    with pytest.raises(UsageError, match=r"needs torch: pip install 'agenttuning\[train\]'"):
        make_policy(f"local:{tmp_path}", Sampling())


def test_an_adapter_of_another_base_is_not_put_on_the_embedded_student(tmp_path):
    pytest.importorskip("torch", reason="needs the `train` extra")
    Manifest("acme/tiny", "lora", "react", prompts=[], template="", data="").write(tmp_path)
    with pytest.raises(UsageError, match=f"was trained from acme/tiny; write local:{tmp_path}"):
        make_policy(f"smollm2+{tmp_path}", Sampling())
