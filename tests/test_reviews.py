"""Reviews are kept, the latest counts, and what they say reaches the trajectories that are trained on."""

from dataclasses import replace

import pytest

from envs import UsageError, make
from envs.format import get_format
from envs.types import ToolCall
from rollout.reviews import REJECTED, Review, correction, offered_tools, reviewed
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory, Usage
from tests.toy import ToyEnv, toy_task

ADD, DONE = ToolCall("add", {"number": 1}), ToolCall("done")


def say(call: ToolCall, thought: str = "One more.", format: str = "react") -> str:
    return get_format(format).write(call, thought, {name: tool.spec for name, tool in ToyEnv.tools.items()})


def episode(*calls: ToolCall, sample=0, format="react", shots=(), **fields) -> Trajectory:
    """An episode of the toy world that made the calls, with the tokens that were sampled."""
    messages = [{"role": "system", "content": "Add."}, *shots, {"role": "user", "content": "Reach 3."}]
    steps = []
    for turn, call in enumerate(calls, 1):
        asked = {"name": call.name, "arguments": call.arguments}
        messages += [{"role": "assistant", "content": say(call, format=format)}]
        messages += [{"role": "user", "content": f"Observation: after {turn}"}] * (turn < len(calls))
        steps.append(Step(turn, "One more.", asked, None, f"state {turn}", "stop", Usage(9, 2), [turn], [-0.5]))
    fields = {"stop": Stop.FINISHED, "reward": 1.0} | fields
    return Trajectory("r", toy_task(0), sample, "toy", format, messages, steps, **fields)


def correct(trajectory: Trajectory, turn: int, text: str, note: str = "") -> Review:
    return correction(trajectory, turn, text, ToyEnv.tools, note)


def test_without_reviews_nothing_changes():
    episodes = [episode(ADD, DONE), episode(DONE, sample=1)]
    assert reviewed(episodes, []) == episodes


def test_the_latest_verdict_on_a_whole_trajectory_wins():
    one, other = episode(DONE), episode(DONE, sample=1)
    reject, accept = Review(one.id, "reject"), Review(one.id, "accept")
    assert reviewed([one, other], [reject]) == [other]
    assert reviewed([one, other], [reject, accept]) == [one, other]
    assert reviewed([one, other], [accept, reject]) == [other]


def test_a_rejected_turn_is_context_until_it_is_accepted():
    one = episode(ADD, ADD, DONE)
    (left,) = reviewed([one], [Review(one.id, "reject", 2)])
    assert [step.error for step in left.steps] == [None, REJECTED, None]
    assert left.messages == one.messages
    assert one.steps[1].error is None
    assert reviewed([one], [Review(one.id, "reject", 2), Review(one.id, "accept", 2)]) == [one]


@pytest.mark.parametrize("format", ["react", "hermes"])
def test_a_better_thought_for_the_same_call_keeps_what_followed(format):
    one = episode(ADD, ADD, DONE, format=format)
    one.steps[1] = replace(one.steps[1], error="tool", finish="length")
    before = replace(one, messages=list(one.messages), steps=list(one.steps))
    text = say(ADD, "The total is 1, so I add again.", format).replace('": 1', '":  1')  # the same JSON
    (left,) = reviewed([one], [correct(one, 2, text)])
    assert one == before
    assert left.messages == [*one.messages[:4], {"role": "assistant", "content": text}, *one.messages[5:]]
    assert left.steps[1] == Step(
        2, "The total is 1, so I add again.", one.steps[1].call, None, "state 2", "stop", Usage(9, 2)
    )
    assert (left.steps[0], left.steps[2]) == (one.steps[0], one.steps[2])


def test_another_call_cuts_off_what_followed():
    one = episode(ADD, ADD, ADD, DONE, stop=Stop.MAX_TURNS, reward=0.0)
    (left,) = reviewed([one], [correct(one, 2, say(DONE, "That is it."))])
    assert left.messages == [*one.messages[:4], {"role": "assistant", "content": "Thought: That is it.\nAction: done"}]
    assert [step.turn for step in left.steps] == [1, 2]
    assert (left.steps[1].call, left.steps[1].state_key) == ({"name": "done", "arguments": {}}, "")
    assert left.success
    assert (one.success, len(one.steps)) == (False, 4)


def test_an_unreadable_turn_can_be_corrected():
    one = episode(ADD, DONE)
    one.steps[0] = replace(one.steps[0], call=None, thought="", error="format")
    (left,) = reviewed([one], [correct(one, 1, say(ADD))])
    assert (len(left.steps), left.steps[0].call, left.steps[0].error) == (
        1,
        {"name": "add", "arguments": {"number": 1}},
        None,
    )


def test_several_turns_are_corrected_up_to_the_first_that_leads_elsewhere():
    one = episode(ADD, ADD, ADD, DONE)
    reviews = [correct(one, 4, say(DONE, "Late.")), correct(one, 3, say(DONE)), correct(one, 1, say(ADD, "First."))]
    (left,) = reviewed([one], reviews)
    assert [step.thought for step in left.steps] == ["First.", "One more.", "One more."]
    reviews.append(correct(one, 3, say(ADD, "Third.")))
    (left,) = reviewed([one], reviews)
    assert [step.thought for step in left.steps] == ["First.", "One more.", "Third.", "Late."]


def test_demonstrations_are_no_turns():
    shots = [{"role": role, "content": "shown", "shot": 0} for role in ("user", "assistant")]
    one = episode(ADD, DONE, shots=shots)
    (left,) = reviewed([one], [correct(one, 1, say(DONE))])
    assert left.messages == [*one.messages[:4], {"role": "assistant", "content": say(DONE)}]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I add one.", "'Thought:' is missing"),
        ("Thought: x\nAction: ad\n{}", "There is no tool 'ad'. Did you mean 'add'?"),
        ('Thought: x\nAction: add\n{"number": "one"}', "Wrong arguments for add: number"),
        ("Thought: x\nAction: add\n{", "must be one JSON object"),
    ],
)
def test_a_correction_that_is_no_action_is_refused(text, reason):
    with pytest.raises(UsageError) as refused:
        correct(episode(ADD, DONE), 1, text)
    assert reason in str(refused.value)


def test_wrong_reviews_are_refused():
    with pytest.raises(UsageError, match="Did you mean 'accept'"):
        Review("x", "accepted")
    for wrong in ({"verdict": "correct", "turn": 1}, {"verdict": "reject", "turn": 1, "text": "x"}):
        with pytest.raises(UsageError, match="has a turn, a text and the call"):
            Review("x", **wrong)


def test_the_tools_are_those_of_the_runs_own_environment():
    task = make("household").tasks("train")[0]
    one = Trajectory("r", task, 0, "expert", "react", [], [], Stop.FINISHED)
    config = {"policy": "expert", "seed": 0, "sampling": {}, "shots": 2, "format": "react", "max_turns": None}
    usual = offered_tools(one, config)
    assert set(usual) != set(offered_tools(one, config | {"tools": "verbs"}))
    with pytest.raises(UsageError, match="flavour"):
        offered_tools(one, config | {"flavour": "sweet"})


def test_the_store_keeps_every_review_in_order(tmp_path):
    one, other = episode(ADD, DONE), replace(episode(ADD), run="other")
    reviews = [
        Review(one.id, "reject", 1, "why?"),
        Review(one.id, "accept", 1),
        correct(one, 2, say(ADD, "é 北")),
        Review(other.id, "accept", note="fine"),
    ]
    with Store(tmp_path / "s.db") as store:
        for trajectory in (one, other):
            store.add(trajectory)
        for review in reviews:
            store.add_review(review)
    with Store(tmp_path / "s.db") as store:
        assert store.reviews() == reviews
        assert store.reviews("r") == store.reviews(trajectory=one.id) == reviews[:3]
        assert store.reviews("other") == reviews[3:]


def test_the_store_refuses_reviews_of_what_is_not_there(tmp_path):
    broken = episode(ADD, sample=1, stop=Stop.TIMEOUT, reward=None)
    with Store(tmp_path / "s.db") as store:
        store.add(episode(ADD, DONE))
        store.add(broken)
        with pytest.raises(UsageError, match="no trajectory 'nothing'"):
            store.add_review(Review("nothing", "accept"))
        with pytest.raises(UsageError, match="turns 1 to 2, not 3"):
            store.add_review(Review(episode(ADD, DONE).id, "reject", 3))
        with pytest.raises(UsageError, match="is invalid"):
            store.add_review(Review(broken.id, "accept"))
        assert store.reviews() == []
