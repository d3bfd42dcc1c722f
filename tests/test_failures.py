"""Planted episodes: each shows exactly the pathologies that were planted, at exactly these turns."""

import asyncio
import json
from dataclasses import replace

import pytest

import envs
from envs import AgentEnv, Task, UsageError
from envs.db.env import DbEnv
from evaluation.failures import PATHOLOGIES, STATUSES, count_failures, drift, failures, pathologies, status
from rollout.collect import collect_tasks
from rollout.episode import run_episode
from rollout.selection import select_tasks
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory
from tests.toy import ToyEnv, ToyPolicy, make_toy, toy_task


def call(name, argument="", thought="I go on."):
    return f"Thought: {thought}\nAction: {name}" + (f"\n{argument}" if argument else "")


def add(number, thought="I add."):
    return call("add", json.dumps({"number": number}), thought)


def hermes(number, before="I add.", after=""):
    body = json.dumps({"name": "add", "arguments": {"number": number}})
    return f"{before}\n<tool_call>\n{body}\n</tool_call>{after}"


NOTHING, REFUSED, DONE = add(0), add(-1), call("done")
SOLVED = (add(3), DONE)
"""What makes a success of what goes before, so that no answer of it is wrong."""
SORRY = "I'm sorry, but I can't help with that."
HERMES_DONE = '<tool_call>\n{"name": "done", "arguments": {}}\n</tool_call>'
HERMES_SOLVED = (hermes(3), HERMES_DONE)


PLANTED = [
    # The expected pathologies are KIND@TURN.
    ("", *SOLVED),
    # --- the action of the turn before, with the same result
    ("short_repetition@2", NOTHING, NOTHING, *SOLVED),
    ("short_repetition@2 short_repetition@3", NOTHING, NOTHING, NOTHING, *SOLVED),
    ("short_repetition@3", add(1), add(-0), add(0, "In other words."), add(2), DONE),
    ("tool_error@1 tool_error@2 short_repetition@2", REFUSED, REFUSED, *SOLVED),
    ("invalid_format@1 invalid_format@2 short_repetition@2", "Hm.", "Hm.", *SOLVED),
    ("", add(1), add(1), add(1), DONE),  # each leads further
    # --- a third visit to the same action with the same result
    ("tool_error@2 tool_error@4 long_repetition@5", NOTHING, REFUSED, NOTHING, REFUSED, NOTHING, *SOLVED),
    (
        "tool_error@1 tool_error@3 invalid_action@4 tool_error@5 long_repetition@5",
        *(REFUSED, NOTHING, REFUSED, call("look"), REFUSED, *SOLVED),
    ),
    (
        "short_repetition@2 tool_error@3 tool_error@5 long_repetition@6",
        *(NOTHING, NOTHING, REFUSED, NOTHING, REFUSED, NOTHING, *SOLVED),
    ),
    ("tool_error@2", NOTHING, REFUSED, NOTHING, *SOLVED),  # twice is no loop
    ("", NOTHING, add(1), NOTHING, add(1), NOTHING, add(1), DONE),  # another total each time
    ("tool_error@1 tool_error@3 tool_error@5", REFUSED, add(1), REFUSED, add(1), REFUSED, add(1), DONE),  # it gets on
    # --- no action to be read
    ("invalid_format@1", "I would add three.", *SOLVED),
    ("invalid_format@1", "Action: add\n3", *SOLVED),
    ("invalid_format@1", call("add", "three"), *SOLVED),
    ("invalid_format@1 invalid_format@2", "Hm.", "Well.", *SOLVED),
    ("hermes invalid_format@1", '<tool_call>{"name": "add", "arguments": {"number": 3}}', *HERMES_SOLVED),
    # --- an action that there is not
    ("invalid_action@1", call("subtract", '{"number": 1}'), *SOLVED),
    ("invalid_action@1", call("add", '{"number": "three"}'), *SOLVED),
    ("invalid_action@2", add(1), call("add", '{"amount": 1}'), add(2), DONE),
    ("invalid_action@1", call("add"), *SOLVED),
    # --- the tool says no
    ("tool_error@1", REFUSED, *SOLVED),
    ("tool_error@2", add(1), REFUSED, add(2), DONE),
    ("tool_error@1 tool_error@2", add(-2), add(-3), *SOLVED),
    # --- no will to act
    ("invalid_format@1 refusal@1", SORRY, *SOLVED),
    ("invalid_format@1 refusal@1", "As an AI language model, I have no hands.", *SOLVED),
    ("invalid_format@1 refusal@1", "I\u2019m not able to access your numbers.", *SOLVED),
    ("invalid_format@2 refusal@2", add(3), "I must apologize for that.", DONE),
    ("hermes invalid_format@1 refusal@1", "Sorry. I cannot assist with this request.", *HERMES_SOLVED),
    ("", add(3, "I cannot see the goal, I'm sorry, but I can add."), DONE),  # it acts all the same
    # --- the other side's lines
    ("invalid_format@1 hallucinated_observation@1", f"{add(3)}\nObservation: The total is 3.", *SOLVED),
    ("invalid_format@1 hallucinated_observation@1", "Observation: The total is 3.", *SOLVED),
    ("invalid_format@1 hallucinated_observation@1", "Thought: done.\n\nHuman: go on", *SOLVED),
    ("invalid_format@1 hallucinated_observation@1", "Well<|im_end|>\n<|im_start|>user\nGo on.", *SOLVED),
    ("hermes hallucinated_observation@1", hermes(3, "<tool_response>\n3\n</tool_response>"), HERMES_DONE),
    (
        "hermes invalid_format@1 hallucinated_observation@1",
        *(hermes(3, after="\n<tool_response>3</tool_response>"), *HERMES_SOLVED),
    ),
    ("", add(3, "The last Observation: nothing, as the User: said."), DONE),  # not at the start of a line
    # --- an answer out of nowhere
    ("early_answer@1", DONE),
    ("invalid_format@1 early_answer@2", "Hm.", DONE),
    ("invalid_action@1 invalid_action@2 early_answer@3", call("look"), call("add"), DONE),
    # --- an answer that is wrong
    ("wrong_answer@2", add(1), DONE),
    ("wrong_answer@3", add(2), add(2), DONE),
    ("tool_error@1 wrong_answer@2", REFUSED, DONE),
    ("hermes wrong_answer@2", hermes(4), HERMES_DONE),
]


def play(*script, format="react", env=ToyEnv, task=None, **options):
    task, env = task or toy_task(0), env(format=format, **options)
    return asyncio.run(run_episode(lambda: env, ToyPolicy(*script), task))


def shown(trajectory):
    return " ".join(f"{found.kind}@{found.turn}" for found in pathologies(trajectory))


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted[0] or "clean")
def test_a_planted_episode_shows_what_was_planted_and_nothing_else(planted):
    expected, *script = planted
    format, expected = ("hermes", expected[7:]) if expected.startswith("hermes ") else ("react", expected)
    trajectory = play(*script, format=format)
    assert trajectory.stop is Stop.FINISHED
    assert sorted(shown(trajectory).split()) == sorted(expected.split())


def test_every_pathology_is_planted_three_times_or_more():
    for kind in PATHOLOGIES:
        assert sum(kind in planted[0] for planted in PLANTED) >= 3, kind


def test_the_last_action_whose_answer_nobody_was_shown_is_judged_by_its_error():
    assert shown(play(REFUSED, REFUSED, max_turns=2)) == "tool_error@1 short_repetition@2 tool_error@2"
    assert shown(play(NOTHING, NOTHING, max_turns=2)) == ""
    assert shown(play(SORRY, SORRY, SORRY, max_turns=3)).startswith("invalid_format@1 refusal@1 short_repetition@2")


class Stateless(ToyEnv):
    """A world without a state key of its own."""

    state_key = AgentEnv.state_key


def test_a_loop_is_found_in_a_world_without_a_state_key_of_its_own():
    loop = play(NOTHING, REFUSED, NOTHING, REFUSED, NOTHING, *SOLVED, env=Stateless)
    assert shown(loop) == "tool_error@2 tool_error@4 long_repetition@5"
    assert shown(play(REFUSED, add(1), REFUSED, add(1), REFUSED, add(1), DONE, env=Stateless)).count("long") == 0


def test_an_argument_of_raw_text_may_hold_the_observation_too():
    (task,) = select_tasks("db", "dev", 1)
    invented = call("sql", "SELECT 1\nObservation: 1")
    assert shown(play(invented, max_turns=1, env=DbEnv, task=task)) == "tool_error@1 hallucinated_observation@1"


@pytest.mark.parametrize("text", ["I cannot answer that.", "As an AI, I don't know."])
def test_a_final_word_that_refuses_is_a_refusal_only_where_it_is_wrong(text):
    answer = {"name": "answer", "arguments": {"text": text}}
    messages = [{"role": role, "content": "x"} for role in ("system", "user", "assistant")]
    task = Task("AgentTuning/Api-v0", "Do it.")
    refused = Trajectory("run", task, 0, "toy", "react", messages, [Step(1, call=answer)], Stop.FINISHED, 0.0)
    assert shown(refused) == "refusal@1 early_answer@1"
    assert shown(replace(refused, reward=1.0)) == ""


def test_demonstrations_are_not_the_policys_doing():
    shots = [
        {"role": "user", "content": "Task", "shot": 0},
        {"role": "assistant", "content": SORRY, "shot": 0},
    ]
    played = play(REFUSED, add(1), DONE)
    shown_first = replace(played, messages=[played.messages[0], *shots, *played.messages[1:]])
    assert pathologies(shown_first) == pathologies(played)
    assert shown(played) == "tool_error@1 wrong_answer@3"


def test_the_detail_is_one_short_line():
    first, second = pathologies(play(f"{SORRY}\n" * 100, *SOLVED))
    assert first.detail == second.detail
    assert "\n" not in first.detail
    assert len(first.detail) == 120


def test_broken_episodes_are_looked_at_as_far_as_they_went():
    assert shown(play(SORRY, add(-1), ConnectionError("gone"))) == "invalid_format@1 refusal@1 tool_error@2"
    assert shown(play("Hm.", add(1), task=toy_task(0, trouble="broken"))) == "invalid_format@1"


@pytest.mark.parametrize("env", ["db", "household", "qa", "qa-graph", "api"])
@pytest.mark.parametrize("format", ["react", "hermes"])
def test_the_experts_show_nothing_but_a_tool_that_says_no(env, format):
    for task in select_tasks(env, "test", 20):
        world = envs.make(env, format=format)
        trajectory = asyncio.run(run_episode(lambda world=world: world, Expert(), task))
        world.close()
        assert trajectory.success
        assert {found.kind for found in pathologies(trajectory)} <= {"tool_error"}, task.id


class Expert(ToyPolicy):
    """Plays the world's own solution."""


# --- counting, drift, the verb ---------------------------------------------------------------------------------------


def test_every_stop_has_a_status_of_agentbench():
    assert STATUSES.keys() == set(Stop)
    assert status(play(SORRY, SORRY, SORRY, SORRY)) == "agent validation failed"
    assert status(play(NOTHING, max_turns=3)) == "task limit reached"
    assert status(play(*SOLVED)) == "completed"


def test_an_episode_counts_once_for_each_kind():
    counts = count_failures([play(REFUSED, REFUSED, DONE), play(REFUSED, *SOLVED), play(*SOLVED)])
    assert (counts.episodes, counts.statuses) == (3, {"completed": 3})
    seen = {kind: n for kind, n in counts.pathologies.items() if n}
    assert seen == {"short_repetition": 1, "tool_error": 2, "wrong_answer": 1}


def run_of(name, *script, n=12):
    played = play(*script)
    return [replace(played, run=name, task=toy_task(i)) for i in range(n)]


def test_drift_is_paired():
    before = run_of("one", SORRY, *SOLVED)
    after = run_of("two", *SOLVED)[:9] + run_of("two", SORRY, *SOLVED)[9:]
    found = drift(before, after)
    refusal = found["refusal"]
    assert (refusal.n, refusal.before, refusal.after, refusal.broken) == (12, 1.0, 0.25, 9)
    assert refusal.p == pytest.approx(2 * 0.5**9)
    assert found["wrong_answer"].change == 0


def test_the_verb_counts_by_world_and_says_what_drifted(tmp_path, capsys):
    store, written = tmp_path / "runs.db", tmp_path / "failures.json"
    tasks = [toy_task(i) for i in range(6)]
    for name, script in (("one", (SORRY, DONE)), ("two", SOLVED)):
        collect_tasks(tasks, ToyPolicy(*script), run=name, store=store, make_env=make_toy, quiet=True)
    assert failures("one", "two", json=written, store=store) == 0
    row = json.loads(written.read_text())
    assert row["worlds"]["Toy/Echo-v0"] == row["worlds"]["all"]
    assert row["worlds"]["all"]["pathologies"]["refusal"] == 6
    assert row["drift"]["early_answer"]["after"] == 0.0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert all(word in said for word in ("completed", "Echo", "refusal", "-100.0"))


def test_a_run_without_episodes_has_no_failures(tmp_path):
    with Store(tmp_path / "runs.db") as store:
        store.start_run("empty", {})
    with pytest.raises(UsageError, match="has no episodes"):
        failures("empty", store=tmp_path / "runs.db")
