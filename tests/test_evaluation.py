"""Scores and comparisons of hand-made episodes, suites, and the two verbs end to end with the expert."""

import io
import json
import math
import random
from dataclasses import replace

import pytest
from rich.console import Console

import envs
from envs import Task, UsageError
from evaluation.compare import compare, comparison_parts
from evaluation.comparison import compare_runs
from evaluation.metrics import score, to_json
from evaluation.run import evaluate, score_run
from evaluation.statistics import mcnemar, wilson
from evaluation.suites import load_suite, suite_names
from evaluation.tables import print_parts, score_parts
from rollout.chat import prompt_hash
from rollout.manifest import Manifest
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory, Usage


def task(index, **fields):
    fields = {"difficulty": index % 3 + 1, "template": f"template-{index % 12}"} | fields
    return Task("Toy/Echo-v0", f"Task {index}", {"index": index}, "test", **fields)


def episode(index, success=False, *, sample=0, stop=Stop.FINISHED, errors=(None,), run="run", tokens=0, **fields):
    steps = [Step(turn, error=error, usage=Usage(tokens, tokens // 10)) for turn, error in enumerate(errors, 1)]
    reward = float(success) if stop.valid else None
    return Trajectory(run, task(index, **fields), sample, "toy", "react", [], steps, stop, reward)


def lines(parts, width=80):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    print_parts(parts, console)
    return console.file.getvalue().splitlines()


# --- one run ---------------------------------------------------------------------------------------------------------


def test_invalid_episodes_are_counted_and_left_out_of_every_rate():
    broken = [
        episode(8, stop=Stop.POLICY_ERROR, errors=["format"] * 5, tokens=1000),
        episode(9, stop=Stop.TIMEOUT, errors=["tool"]),
    ]
    result = score([episode(i, i < 6, tokens=100) for i in range(8)] + broken)
    assert (result.n, result.tasks, result.success.n) == (10, 8, 8)
    assert result.success.share == 6 / 8
    assert result.success.interval == wilson(6, 8)
    assert result.invalid == {Stop.POLICY_ERROR: 1, Stop.TIMEOUT: 1}
    assert result.worst_case == 6 / 10
    assert (result.format_validity, result.errors, sum(result.stops.values())) == (1.0, {}, 8)


def test_a_score_by_difficulty_and_template():
    result = score([episode(i, success=i % 3 == 0) for i in range(24)])
    assert {d: (rate.n, rate.share) for d, rate in result.by_difficulty.items()} == {
        1: (8, 1.0),
        2: (8, 0.0),
        3: (8, 0.0),
    }
    assert result.by_template["Toy/Echo-v0 template-3"].share == 1.0
    assert result.by_template["Toy/Echo-v0 template-4"].share == 0.0
    assert len(result.by_template) == 12


def test_errors_are_shares_of_actions_and_format_validity_of_those_that_parsed():
    result = score([episode(0, True, errors=["format", "tool", None, None]), episode(1, errors=["tool"])])
    assert result.actions == 5
    assert result.format_validity == 4 / 5
    assert result.errors == {"tool": 2, "format": 1}


def test_the_price_of_a_success_counts_failed_and_invalid_episodes_too():
    result = score(
        [
            episode(0, True, errors=[None] * 2, tokens=100),  # 2 x (100 + 10)
            episode(1, True, errors=[None] * 4, tokens=100),
            episode(2, False, errors=[None] * 9, tokens=100),
            episode(3, stop=Stop.ENV_ERROR, errors=[None], tokens=100),
        ]
    )
    assert result.turns_of_success == 3
    assert result.tokens_of_success == 330
    assert result.tokens_per_success == 16 * 110 / 2


def test_what_nobody_counted_or_nobody_did_is_undefined():
    assert math.isnan(score([episode(0, True)]).tokens_per_success)
    assert math.isnan(score([episode(0, False, tokens=100)]).turns_of_success)
    empty = score([])
    assert math.isnan(empty.success.share)
    assert math.isnan(empty.format_validity)


def test_several_attempts_give_pass_at_k_and_every_task_the_same_weight():
    attempts = [episode(0, sample < 1, sample=sample) for sample in range(4)]
    attempts += [episode(1, True, sample=sample) for sample in range(4)]
    attempts += [episode(2, stop=Stop.TIMEOUT, sample=sample) for sample in range(3)]
    attempts += [episode(2, False, sample=3)]
    result = score(attempts)
    assert result.success.share == pytest.approx((1 / 4 + 1 + 0) / 3)
    assert result.pass_at == pytest.approx({1: (1 / 4 + 1 + 0) / 3, 2: (1 / 2 + 1) / 2, 4: 1.0})
    assert result.pass_hat == pytest.approx({1: (1 / 4 + 1 + 0) / 3, 2: (0 + 1) / 2, 4: 0.5})
    assert "bootstrap" not in result.success.interval.method


def test_repeated_attempts_do_not_pass_for_independent_tasks():
    once = score([episode(i, i % 24 < 12) for i in range(48)])
    often = score([episode(i, i % 24 < 12, sample=s) for i in range(48) for s in range(10)])
    width = [r.success.interval.high - r.success.interval.low for r in (once, often)]
    assert "Wilson" in once.success.interval.method
    assert width[1] > 0.5 * width[0]


def test_a_score_survives_json():
    row = to_json(score([episode(0), episode(1, stop=Stop.TIMEOUT)]))
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert row["invalid"] == {"timeout": 1}
    assert row["turns_of_success"] is None
    assert row["success"]["n"] == 1


# --- two runs --------------------------------------------------------------------------------------------------------


def test_runs_are_paired_by_task_and_sample_whatever_their_order():
    before = [episode(i, i < 10) for i in range(60)]
    after = [episode(i, 5 <= i < 50) for i in range(60)]
    result = compare_runs(before, random.Random(0).sample(after, 60))
    overall = result.overall
    assert (overall.n, overall.fixed, overall.broken) == (60, 40, 5)
    assert (overall.before, overall.after) == (10 / 60, 45 / 60)
    assert overall.change == pytest.approx(35 / 60)
    assert overall.p == mcnemar(40, 5)
    assert overall.interval.low < overall.change < overall.interval.high
    assert sum(part.n for part in result.by_difficulty.values()) == 60


def test_templates_are_the_clusters_and_a_task_without_one_is_its_own():
    def change(**fields):
        before = [episode(i, **fields) for i in range(120)]
        after = [episode(i, i % 12 < 6, **fields) for i in range(120)]  # six of twelve templates were learned
        interval = compare_runs(before, after).overall.interval
        return interval.high - interval.low

    assert change() > 2 * change(template="")


def test_swapping_the_runs_turns_the_sign():
    before, after = [episode(i, i % 5 == 0) for i in range(60)], [episode(i, i % 2 == 0) for i in range(60)]
    there, back = compare_runs(before, after).overall, compare_runs(after, before).overall
    assert there.change == -back.change
    assert there.p == back.p
    assert there.interval.low == pytest.approx(-back.interval.high, abs=0.02)


def test_pairing_is_tighter_than_two_separate_intervals():
    before = [episode(i, i % 2 == 0) for i in range(120)]
    after = [replace(t, reward=1.0) if i % 10 == 1 else t for i, t in enumerate(before)]
    interval = compare_runs(before, after).overall.interval
    assert interval.low > 0
    assert interval.high - interval.low < 0.2 < 2 * (wilson(60, 120).high - wilson(60, 120).low)


def test_missing_and_invalid_episodes_make_no_pair_and_are_named():
    before = [episode(i, stop=Stop.TIMEOUT if i == 0 else Stop.FINISHED) for i in range(20)]
    after = [episode(i, True, stop=Stop.POLICY_ERROR if i in (1, 2) else Stop.FINISHED) for i in range(5, 25)]
    after += [episode(i, True, stop=Stop.POLICY_ERROR) for i in (1, 2)] + [episode(0, True)]
    result = compare_runs(before, after)
    assert result.overall.n == 15
    assert (result.invalid_before, result.invalid_after) == (1, 2)
    assert set(result.only_before) == {task(i).id for i in (3, 4)}
    assert set(result.only_after) == {task(i).id for i in range(20, 25)}
    assert result.before.n == result.after.n == 15
    text = " ".join(lines(comparison_parts(result, "one", "two")))
    assert task(3).id in text
    assert "1 before, 2 after" in text


def test_several_attempts_at_a_task_get_no_mcnemar_test():
    runs = [[episode(i, i % n == 0, sample=s) for i in range(30) for s in range(2)] for n in (3, 2)]
    result = compare_runs(*runs)
    assert math.isnan(result.overall.p)
    assert "needs one attempt" in " ".join(lines(comparison_parts(result, "one", "two")))


@pytest.mark.parametrize("after", [[], [episode(100, True)], [episode(0, sample=1)], [episode(0, stop=Stop.TIMEOUT)]])
def test_runs_without_a_pair_cannot_be_compared(after):
    with pytest.raises(UsageError, match="no episode can be paired"):
        compare_runs([episode(0)], after)


def test_one_id_for_two_tasks_is_refused():
    one = Trajectory("run", Task("Toy/Echo-v0", "Say one", id="x"), 0, "toy", "react", [], [], Stop.FINISHED, 1.0)
    with pytest.raises(UsageError, match="not the same task"):
        compare_runs([one], [replace(one, task=Task("Toy/Echo-v0", "Say two", id="x"))])


# --- tables ----------------------------------------------------------------------------------------------------------


def test_tables_fit_80_columns():
    rng = random.Random(0)
    stops = [stop for stop in Stop if stop.valid]
    kinds = [None, "format", "unknown_tool", "arguments", "tool"]
    runs = [
        [
            episode(i, rng.random() < p, stop=rng.choice(stops), errors=rng.choices(kinds, k=9), tokens=100_000)
            for i in range(300)
        ]
        for p in (0.0, 1.0)
    ]
    after_all = compare_runs(runs[0], [replace(t, stop=Stop.FINISHED, reward=1.0) for t in runs[1]])
    for parts in (score_parts(score(runs[1])), comparison_parts(after_all, "before", "after")):
        text = lines(parts)
        assert max(map(len, text)) <= 80
        assert not any("…" in line for line in text)


def test_invalid_episodes_stand_out_in_the_table():
    text = " ".join(lines(score_parts(score([episode(0, True), episode(1, stop=Stop.TIMEOUT)]))))
    assert "1 of 2 episodes are invalid (1 timeout)" in text
    assert "50.0%" in text


# --- suites and verbs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", suite_names())
def test_a_suite_has_its_tasks_and_can_be_shrunk(name):
    suite = load_suite(name)
    tasks = suite.tasks()
    assert [len(tasks)] == [sum(entry.n for entry in suite.entries)]
    assert {t.split for t in tasks} == {entry.split for entry in suite.entries}
    assert suite.shrunk(3).tasks() == [t for i, t in enumerate(tasks) if i < 3]
    assert len({t.template for t in tasks}) >= 8
    assert {t.difficulty for t in tasks} == ({1, 2} if name == "db-easy-test" else {1, 2, 3, 4, 5})


def test_suites_that_compare_share_no_task():
    test, dev, novel = ({t.id for t in load_suite(name).tasks()} for name in ("db-test", "db-dev", "db-novel"))
    assert len(test | dev | novel) == 300


def test_an_unknown_suite_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'db-test'"):
        load_suite("db_test")


@pytest.mark.parametrize("n", [0, -1, 101])
def test_a_suite_cannot_grow_or_vanish(n):
    with pytest.raises(UsageError, match="from 1 to 100"):
        load_suite("db-test").shrunk(n)


def test_the_help_names_every_suite():
    assert all(name in evaluate.__doc__ for name in suite_names())


def test_expert_against_random_from_run_to_comparison(tmp_path, capsys):
    store, written = tmp_path / "runs.db", tmp_path / "scores" / "expert.json"
    assert evaluate("db-test", "expert", n=12, store=store, json=written) == 0
    assert evaluate("db-test", "random", n=12, store=store) == 0
    row = json.loads(written.read_text())
    assert (row["suite"], row["run"], row["success"]["share"], row["n"]) == ("db-test", "db-test-expert", 1.0, 12)
    capsys.readouterr()
    result = compare("db-test-random", "db-test-expert", store=store)
    assert (result.overall.n, result.overall.before, result.overall.after) == (12, 0.0, 1.0)
    assert "+100.0" in capsys.readouterr().out


def test_a_score_is_of_the_tasks_that_were_asked_for(tmp_path):
    store = tmp_path / "runs.db"
    evaluate("db-test", "expert", n=6, samples=3, store=store)
    tasks = load_suite("db-test").shrunk(4).tasks()
    assert score_run("db-test-expert", tasks, samples=2, store=store).n == 8


@pytest.mark.parametrize("spec", ["local:{}", "smollm2+{}"])
def test_a_checkpoint_that_never_saw_the_prompt_is_refused_before_any_work(tmp_path, monkeypatch, spec):
    class Played(Exception):
        """Where the model would be loaded."""

    def played(*_, **__):
        raise Played

    hermes = prompt_hash(envs.make("db", format="hermes").system_prompt)
    manifest = Manifest("smollm2", "lora", "hermes", [hermes], template="", data="")
    manifest.write(tmp_path)
    with pytest.raises(UsageError, match=r"not trained on the react system prompt .* format is hermes"):
        evaluate("db-test", spec.format(tmp_path), n=1, store=tmp_path / "runs.db")
    assert not (tmp_path / "runs.db").exists()
    monkeypatch.setattr("evaluation.run.collect_tasks", played)
    for fine in ({"format": "hermes"}, {"allow_other_prompt": True}):
        with pytest.raises(Played):
            evaluate("db-test", spec.format(tmp_path), n=1, store=tmp_path / "runs.db", **fine)


def test_invalid_episodes_give_exit_status_1(tmp_path, capsys):
    store = tmp_path / "runs.db"
    evaluate("db-test", "expert", n=2, store=store)
    assert evaluate("db-test", "replay:db-test-expert", n=3, store=store) == 1
    assert "1 of 3 episodes are invalid (1 policy_error)" in capsys.readouterr().out


def test_runs_that_differ_in_more_than_the_policy_are_said_to(tmp_path, capsys):
    store = tmp_path / "runs.db"
    with Store(store) as opened:
        for run, seed in (("one", 0), ("two", 1)):
            opened.start_run(run, {"policy": run, "seed": seed, "sampling": {"temperature": 0.0, "seed": seed}})
            opened.add(episode(0, run=run))
    compare("one", "two", store=store)
    text = " ".join(capsys.readouterr().out.split())
    assert "differ in more than the policy: sampling.seed (0 before, 1 after), seed (0 before, 1 after)" in text


def test_comparing_what_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="no store"):
        compare("a", "b", store=tmp_path / "none.db")
    with Store(tmp_path / "runs.db"):
        pass
    with pytest.raises(UsageError, match="no run 'a'"):
        compare("a", "b", store=tmp_path / "runs.db")
