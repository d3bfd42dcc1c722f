"""Stored episodes are what happens: equal ones are told from tampered ones, and graded again without a model."""

import json
import sqlite3
from contextlib import closing

import pytest

from envs import UsageError
from evaluation.perturbations import make_perturbed
from evaluation.regrade import regrade, regrade_run
from evaluation.replay import newest_version
from evaluation.verify import verify, verify_run
from rollout import engine
from rollout.collect import collect_tasks
from rollout.policy import ContextFull, PolicyError
from rollout.selection import select_tasks
from rollout.store import Store
from rollout.trajectory import Stop
from tests.toy import ToyEnv, ToyPolicy, make_toy, toy_task

ADD = 'Thought: more\nAction: add\n{"number": 1}'


def played(store, tasks, policy=None, **options):
    collect_tasks(tasks, policy or ToyPolicy(), store=store, quiet=True, **{"run": "r", "make_env": make_toy} | options)
    return store


def trajectories(store, run="r"):
    with Store(store) as opened:
        return list(opened.select(run))


def sql(store, statement, *values):
    with closing(sqlite3.connect(store)) as connection, connection:
        assert connection.execute(statement, values).rowcount == 1


def tamper_message(store, identity, position, old, new):
    with closing(sqlite3.connect(store)) as connection:
        ((messages,),) = connection.execute("SELECT messages FROM trajectories WHERE id = ?", [identity])
    messages = json.loads(messages)
    assert old in messages[position]["content"]
    messages[position]["content"] = messages[position]["content"].replace(old, new)
    sql(store, "UPDATE trajectories SET messages = ? WHERE id = ?", json.dumps(messages), identity)


@pytest.fixture
def store(tmp_path):
    return played(tmp_path / "s.db", [toy_task(i, goal=1 + i % 4) for i in range(12)], samples=2, seed=7)


# --- verify ---------------------------------------------------------------------------------------------------------


def test_an_untouched_run_is_equal(store):
    found = verify_run("r", store, make_env=make_toy, concurrency=1)
    assert (found.equal, found.different, found.broken, found.next) == (24, {}, {}, 24)


@pytest.mark.parametrize("stop", [Stop.MAX_TURNS, Stop.FORMAT, Stop.CONTEXT])
def test_episodes_that_ended_otherwise_are_equal_too(tmp_path, stop):
    script = {Stop.MAX_TURNS: [ADD], Stop.FORMAT: [ADD, "nonsense"], Stop.CONTEXT: [ADD, ADD, ContextFull()]}[stop]
    store = played(tmp_path / "s.db", [toy_task(1)], ToyPolicy(*script))
    assert [t.stop for t in trajectories(store)] == [stop]
    assert verify_run("r", store, make_env=make_toy).equal == 1


def test_the_settings_of_the_run_are_used(tmp_path):
    store = played(tmp_path / "s.db", [toy_task(1)], ToyPolicy(ADD), max_turns=3)
    played(store, [toy_task(1)], run="json", format="hermes", env_options={"max_observation": 9})
    assert verify_run("r", store, make_env=make_toy).equal == 1
    assert verify_run("json", store, make_env=make_toy).equal == 1


def test_demonstrations_are_played_as_stored(tmp_path):
    store = played(tmp_path / "s.db", [toy_task(i, split="test") for i in range(3)], shots=2)
    assert any("shot" in message for message in trajectories(store)[0].messages)
    assert verify_run("r", store, make_env=make_toy).equal == 3


SECOND = "UPDATE steps SET {} WHERE trajectory = ? AND turn = 2"
ONE_MORE = """UPDATE trajectories SET messages = replace(messages, '}]', '}, {"role": "assistant", "content": "!"}]')"""
TAMPERED = {
    "reward": lambda store, t: sql(store, "UPDATE trajectories SET reward = 0.5 WHERE id = ?", t.id),
    "stop": lambda store, t: sql(store, "UPDATE trajectories SET stop = 'max_turns' WHERE id = ?", t.id),
    "state key": lambda store, t: sql(store, SECOND.format("state_key = 'x'"), t.id),
    "error": lambda store, t: sql(store, SECOND.format("error = 'tool'"), t.id),
    "thought": lambda store, t: sql(store, SECOND.format("thought = 'Hm.'"), t.id),
    "call": lambda store, t: sql(store, SECOND.format("""call = '{"name": "done"}'"""), t.id),
    "observation": lambda store, t: tamper_message(store, t.id, 5, "total is 2", "total is 7"),
    "system prompt": lambda store, t: sql(store, "UPDATE prompts SET text = text || '!'"),
    "message": lambda store, t: sql(store, f"{ONE_MORE} WHERE id = ?", t.id),
}
TURNS = {"system prompt": 0, "reward": 4, "stop": 4, "message": 5}


@pytest.mark.parametrize("what", TAMPERED)
def test_one_tampered_thing_is_found_and_named(tmp_path, what):
    several = [toy_task(i) for i in range(1 if what == "system prompt" else 6)]
    store = played(tmp_path / "s.db", several)
    target = trajectories(store)[-1]
    TAMPERED[what](store, target)
    found = verify_run("r", store, make_env=make_toy)
    assert found.equal == len(several) - 1
    ((identity, (difference, *others)),) = found.different.items()
    assert (identity, others) == (target.id, [])
    assert (difference.turn, difference.what) == (TURNS.get(what, 2), what)
    assert difference.stored != difference.replayed


def test_a_tampered_action_is_found_with_what_follows_from_it(store):
    target = trajectories(store)[3]
    tamper_message(store, target.id, 2, '"number": 1', '"number": 2')
    found = verify_run("r", store, make_env=make_toy).different
    assert list(found) == [target.id]
    seen = {difference.what for difference in found[target.id] if difference.turn == 1}
    assert seen == {"observation", "call", "state key"}


def test_a_replay_that_does_not_end_where_the_episode_did_is_a_difference(tmp_path):
    class Longer(ToyEnv):
        done = ToyEnv.add

    store = played(tmp_path / "s.db", [toy_task(1)])
    found = verify_run("r", store, make_env=lambda _, **options: Longer(**options)).different
    (differences,) = found.values()
    assert {"stop", "reward"} <= {difference.what for difference in differences}


def test_a_broken_machine_is_no_difference(store):
    class Broken(ToyEnv):
        def setup(self, task):
            raise OSError("no space left on device")

    found = verify_run("r", store, make_env=lambda _, **options: Broken(**options), n=2)
    assert (found.equal, found.different) == (0, {})
    assert all("no space left" in error for error in found.broken.values())
    assert len(found.broken) == 2


def test_invalid_episodes_are_passed_over(tmp_path):
    store = played(tmp_path / "s.db", [toy_task(1)])
    played(store, [toy_task(2)], ToyPolicy(PolicyError("down")), run="down")
    with pytest.raises(UsageError, match="no valid episode"):
        verify_run("down", store, make_env=make_toy)
    assert verify_run("r", store, make_env=make_toy).episodes == 1


def test_stopped_half_way_it_says_where_to_go_on(tmp_path, monkeypatch, capsys):
    store, run = tmp_path / "s.db", engine.run
    collect_tasks(select_tasks("household", "dev", 11), "expert", run="e", store=store, quiet=True)
    batches = []

    def until_the_third_batch(plan, *arguments, **options):
        batches.append(len(plan))
        if len(batches) == 3:
            raise KeyboardInterrupt
        return run(plan, *arguments, **options)

    monkeypatch.setattr("evaluation.replay._BATCHES", 2)
    monkeypatch.setattr("rollout.engine.run", until_the_third_batch)
    with pytest.raises(KeyboardInterrupt):
        verify("e", concurrency=2, store=store)
    assert "8 episodes played again: 8 equal" in (said := capsys.readouterr().out)
    assert "Stopped: go on with --first 8" in said
    monkeypatch.setattr("rollout.engine.run", run)
    assert verify("e", first=8, store=store) == 0
    assert "3 episodes played again: 3 equal" in capsys.readouterr().out


def test_wrong_use(store, tmp_path):
    for run, options, words in (
        ("s", {}, "no run 's'"),
        ("r", {"n": 0}, "n must be above 0"),
        ("r", {"first": 24}, "has 24 valid episodes"),
        ("r", {"store": tmp_path / "none.db"}, "no store"),
    ):
        with pytest.raises(UsageError, match=words):
            verify_run(run, **{"store": store} | options)
    assert not (tmp_path / "none.db").exists()


WORLDS = ("db", "household", "api", "qa-graph")


@pytest.mark.parametrize("world", WORLDS)
def test_expert_episodes_of_our_worlds_are_equal_and_tampered_ones_found(world, tmp_path, capsys):
    store = tmp_path / "s.db"
    collect_tasks(select_tasks(world, "dev", 12), "expert", run="e", store=store, quiet=True, seed=3)
    assert verify("e", store=store) == 0
    assert "12 episodes played again: 12 equal" in capsys.readouterr().out
    first, second, third = trajectories(store, "e")[:3]
    sql(store, "UPDATE trajectories SET reward = 0.25 WHERE id = ?", first.id)
    tamper_message(store, second.id, 3, second.messages[3]["content"][-3:], "!!!")
    tamper_message(store, third.id, 2, third.messages[2]["content"], "Thought: no\nAction: nothing")
    assert verify("e", store=store) == 1
    said = capsys.readouterr().out
    assert "9 equal, 3 different" in said
    assert all(f"trajectory {t.id} differs" in said for t in (first, second, third))


def test_a_run_under_other_words_is_played_under_them(tmp_path):
    store, tasks = tmp_path / "s.db", select_tasks("db", "dev", 4)
    options = {"env_options": {"perturbation": "tables"}, "make_env": make_perturbed}
    collect_tasks(tasks, "expert", run="e", store=store, quiet=True, **options)
    assert "tbl_" in trajectories(store, "e")[0].messages[3]["content"]
    assert verify("e", store=store) == 0


# --- regrade --------------------------------------------------------------------------------------------------------


class Strict(ToyEnv):
    """A grader that was mended: the total must be the goal and no call may have failed."""

    def score(self):
        return super().score() if self.task.data["goal"] != 2 else 0.0


def regraded(store, grader=Strict, **options):
    make_env = lambda _, **given: grader(**given)  # noqa: E731
    return regrade_run("r", store=store, **{"make_env": make_env, "grader_of": lambda env: env} | options)


def test_rewards_of_the_present_grader_become_a_new_run(store):
    before = trajectories(store)
    found = regraded(store)
    flipped = {t.id for t in before if t.task.data["goal"] == 2}
    assert {flip.trajectory for flip in found.flips} == flipped
    assert len(flipped) == 6
    assert {(flip.before, flip.after) for flip in found.flips} == {(1.0, 0.0)}
    assert (found.run, found.graded, found.owed, found.told_otherwise) == ("r-regraded", 24, 0, 0)
    assert trajectories(store) == before, "the old run has changed"
    for old, new in zip(before, trajectories(store, "r-regraded"), strict=True):
        assert (new.messages, new.steps, new.policy) == (old.messages, old.steps, old.policy)
        assert new.reward == (0.0 if old.id in flipped else 1.0)


def test_an_unchanged_grader_changes_nothing(store):
    assert regraded(store, ToyEnv).flips == []


def test_regrading_goes_on_where_it_was_stopped_and_tells_all_flips(store):
    class Breaks(Strict):
        def score(self):
            if self.task.difficulty == 1:
                raise OSError("no space left on device")
            return super().score()

    first = regraded(store, Breaks)
    assert 0 < first.owed == 24 - first.graded < 24
    second = regraded(store)
    assert (second.graded, second.owed, len(second.flips)) == (24, 0, 6)
    with Store(store) as opened:
        assert [run["episodes"] for run in opened.runs()] == [24, 24]


def test_a_world_that_speaks_otherwise_is_told_of(store):
    class Wordy(ToyEnv):
        def step(self, action):
            observation, *rest = super().step(action)
            return f"{observation} Go on.", *rest

    found = regraded(store, Wordy)
    assert (found.told_otherwise, found.flips) == (24, [])


def test_an_episode_that_would_go_on_is_owed(tmp_path):
    class Longer(ToyEnv):
        done = ToyEnv.add

    store = played(tmp_path / "s.db", [toy_task(1), toy_task(2)])
    assert (found := regraded(store, Longer)).owed == 2
    assert found.graded == 0


def test_a_run_is_never_overwritten(store):
    with pytest.raises(UsageError, match="another name than 'r'"):
        regraded(store, out="r")
    played(store, [toy_task(50)], run="other")
    with pytest.raises(UsageError, match="regraded was None"):
        regraded(store, out="other")


def test_the_newest_version_grades(monkeypatch):
    ids = ["A/Maze-v0", "A/Maze-v2", "A/Maze-v10", "A/MazeRunner-v11", "B/Maze-v12"]
    monkeypatch.setattr("envs.env_ids", lambda: ids)
    assert newest_version("A/Maze-v0") == "A/Maze-v10"
    with pytest.raises(UsageError, match="no version of A/Gone-v0"):
        newest_version("A/Gone-v0")


def test_tasks_are_graded_by_the_newer_version(store):
    class Newer(Strict):
        id = "Toy/Echo-v1"

    found = regraded(store, Newer, grader_of=lambda env: "Toy/Echo-v1")
    assert (found.graders, len(found.flips)) == ({"Toy/Echo-v0": "Toy/Echo-v1"}, 6)
    assert {t.task.env for t in trajectories(store, "r-regraded")} == {"Toy/Echo-v1"}


def test_regrade_prints_flips_and_versions(tmp_path, capsys):
    store = tmp_path / "s.db"
    collect_tasks(select_tasks("db", "dev", 6), "expert", run="e", store=store, quiet=True)
    target = trajectories(store, "e")[2]
    sql(store, "UPDATE trajectories SET reward = 0.0, success = 0 WHERE id = ?", target.id)
    assert regrade("e", store=store) == 0
    said = capsys.readouterr().out
    assert f"0 -> 1  trajectory {target.id}" in said
    assert "AgentTuning/Db-v0 graded by AgentTuning/Db-v0" in said
    assert "6 episodes graded again as run 'e-regraded': 1 rewards rose, 0 fell" in said
