"""Function-call metrics: each planted slip moves the figure that names it, and no other."""

import asyncio
import math
from dataclasses import replace

import pytest

from envs import ToolCall
from envs.api.env import ApiEnv
from envs.api.tasks import make_task
from evaluation.calls import call_score
from rollout.engine import run
from rollout.policy import Policy, Reply


class Scripted(Policy):
    """Says the same messages in every episode."""

    name = "scripted"

    def __init__(self, messages):
        self.messages = messages

    async def act(self, episode):
        return Reply(self.messages[len(episode.messages) // 2 - 1])


def episode_of(task, calls, *raw):
    env = ApiEnv()
    env.reset(options={"task": task})
    messages = [*raw, *(env.write(call, "x") for call in calls)]

    async def collected():
        return [t async for t in run([(task, 0)], Scripted(messages), run="r")]

    (episode,) = asyncio.run(collected())
    return episode


def scored(task, calls, *raw):
    return call_score([episode_of(task, calls, *raw)])


def task_of(template, **wanted):
    tasks = (make_task("train", index) for index in range(2000))
    return next(t for t in tasks if t.template == template and all(t.data["end"][k] == v for k, v in wanted.items()))


def expert(task):
    return [ToolCall(step["tool"], step["arguments"]) for step in task.data["steps"]]


@pytest.fixture
def task():
    return task_of("pay-what-checking-cannot")


def test_the_expert_is_perfect(task):
    score = scored(task, expert(task))
    assert (score.json_valid, score.right_tool, score.right_arguments) == (1.0, 1.0, 1.0)
    assert (score.needless, score.missing, score.in_policy) == (0.0, 0.0, 1.0)


def test_an_unreadable_message_counts_against_the_form_only(task):
    score = scored(task, expert(task), "hello")
    n = len(expert(task))
    assert score.json_valid == n / (n + 1)
    assert (score.right_tool, score.right_arguments, score.needless, score.missing) == (1.0, 1.0, 0.0, 0.0)


def test_a_wrong_argument_is_a_needless_and_a_missing_call_with_the_right_tool(task):
    calls = expert(task)
    n = len(calls) - 1
    at = next(i for i, call in enumerate(calls) if call.name == "move_money")
    calls[at] = ToolCall("move_money", calls[at].arguments | {"amount": 1.0})
    score = scored(task, calls)
    assert (score.right_tool, score.needless, score.missing) == (1.0, 1.0, 1.0)
    assert score.right_arguments == pytest.approx((n - 1) / n)


def test_words_of_the_user_may_be_put_otherwise(task):
    calls = [
        ToolCall(c.name, {"summary": "Well: " + c.arguments["summary"]}) if c.name == "confirm_with_user" else c
        for c in expert(task)
    ]
    assert scored(task, calls).right_arguments == 1.0


def test_no_consent_is_out_of_policy(task):
    score = scored(task, [call for call in expert(task) if call.name != "confirm_with_user"])
    assert (score.in_policy, score.missing, score.needless) == (0.0, 1.0, 0.0)


def test_doing_what_a_rule_forbids_is_out_of_policy():
    task = task_of("return-that-is-too-late")
    order = expert(task)[0].arguments["order_id"]
    forbidden = ToolCall("open_return", {"order_id": order, "reason": "unwanted"})
    score = scored(task, [forbidden, ToolCall("answer", {"text": "Done."})])
    assert (score.in_policy, score.needless) == (0.0, 1.0)
    assert scored(task, expert(task)).in_policy == 1.0


def test_a_demonstration_is_not_the_policys_doing():
    task = task_of("return-that-is-too-late")
    order = expert(task)[0].arguments["order_id"]
    calls = [ToolCall("open_return", {"order_id": order, "reason": "unwanted"}), ToolCall("answer", {"text": "Done."})]
    forbidden = episode_of(task, calls)
    played = episode_of(task, expert(task))
    system, *rest = played.messages
    shots = [message | {"shot": 0} for message in forbidden.messages[1:3]]
    assert call_score([forbidden]).in_policy == 0.0
    assert call_score([replace(played, messages=[system, *shots, *rest])]) == call_score([played])


def test_nothing_to_count_is_not_a_number():
    score = call_score([])
    assert score.episodes == 0
    assert math.isnan(score.in_policy)
