"""Scores and comparisons of hand-made episodes, suites, and the two verbs end to end with the expert."""

import io
import itertools
import json
import math
import random
import statistics
from dataclasses import replace

import pytest
from rich.console import Console

from envs import Task, UsageError
from evaluation.compare import compare, comparison_parts
from evaluation.comparison import compare_runs, noise
from evaluation.metrics import score, to_json
from evaluation.run import evaluate, score_run
from evaluation.statistics import mcnemar, wilson
from evaluation.suites import load_suite, suite_names
from evaluation.tables import print_parts, score_parts
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory, Usage


def task(index, env="Toy/Echo-v0", **fields):
    fields = {"difficulty": index % 3 + 1, "template": f"template-{index % 12}"} | fields
    return Task(env, f"Task {index}", {"index": index}, "test", **fields)


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
    assert result.invalid == {Stop.POLICY_ERROR: 1, Stop.TIMEOUT: 1}
    assert (result.attempted.n, result.attempted.share) == (10, 6 / 10)
    assert result.attempted.interval.low < result.success.interval.low
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
    assert (result.of_success.turns, result.of_success.tokens) == (3, 330)
    assert (result.per_success.turns, result.per_success.tokens) == (8, 16 * 110 / 2)
    assert (result.total.prompt_tokens, result.total.completion_tokens) == (1600, 160)


def test_what_nobody_counted_or_nobody_did_is_undefined():
    assert math.isnan(score([episode(0, True)]).per_success.tokens)
    assert math.isnan(score([episode(0, False, tokens=100)]).of_success.turns)
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
    assert width[1] > 0.9 * width[0] > 0


def test_a_score_survives_json():
    row = to_json(score([episode(0), episode(1, stop=Stop.TIMEOUT)]))
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert row["invalid"] == {"timeout": 1}
    assert row["of_success"]["turns"] is None
    assert row["success"]["n"] == 1


def test_the_mean_of_worlds_gives_each_world_the_same_weight():
    big = [episode(i, True, env="Toy/Big-v0") for i in range(60)]
    small = [episode(i, i < 6, env="Toy/Small-v0") for i in range(24)]
    result = score(big + small)
    assert {env: rate.share for env, rate in result.by_world.items()} == {"Toy/Big-v0": 1.0, "Toy/Small-v0": 0.25}
    assert (result.macro.n, result.macro.share) == (84, 0.625)
    assert result.macro.interval.low < 0.625 < result.macro.interval.high < result.success.share
    assert "within worlds" in result.macro.interval.method
    assert result.success.share == pytest.approx(66 / 84)


def test_one_world_is_its_own_mean_of_worlds():
    result = score([episode(i, i % 3 == 0) for i in range(48)])
    assert result.macro == result.success == result.by_world["Toy/Echo-v0"]


def test_the_reward_counts_what_is_half_right():
    half = [replace(episode(i), reward=0.5) for i in range(4)]
    result = score([*half, episode(4, True), episode(5, stop=Stop.MAX_TURNS), episode(6, stop=Stop.TIMEOUT)])
    assert result.success.share == pytest.approx(1 / 6)
    assert result.reward == {"Toy/Echo-v0": pytest.approx(3 / 6)}


def test_success_by_turns():
    lengths = {0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 8, 6: 9}
    result = score([episode(i, i % 2 == 0, errors=[None] * n) for i, n in lengths.items()])
    found = {turns: (rate.n, rate.share) for turns, rate in result.by_turns.items()}
    assert found == {"1": (1, 1.0), "2": (1, 0.0), "3-4": (2, 0.5), "5-8": (2, 0.5), "9-16": (1, 1.0)}


@pytest.mark.parametrize(("valid", "planned", "complete"), [(20, 20, True), (19, 20, True), (18, 20, False)])
def test_a_score_needs_95_percent_of_what_was_planned(valid, planned, complete):
    episodes = [episode(i, i % 2 == 0) for i in range(valid)]
    result = score([*episodes, episode(valid, stop=Stop.TIMEOUT)], planned)
    assert (result.completeness, result.complete) == (valid / planned, complete)
    text = " ".join(lines(score_parts(result)))
    assert (f"INCOMPLETE: {valid} of {planned} planned" in text) is not complete


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


def test_flips_name_both_trajectories():
    before = [episode(i, i < 2, run="one") for i in range(3)]
    after = [episode(i, i > 0, run="two") for i in range(3)]
    flips = compare_runs(before, after).flips
    assert {(flip.task, flip.fixed) for flip in flips} == {(task(0).id, False), (task(2).id, True)}
    ids = {(t.run, t.task.id): t.id for t in before + after}
    assert all((f.before, f.after) == (ids["one", f.task], ids["two", f.task]) for f in flips)


def test_worlds_are_compared_one_by_one_with_p_adjusted_for_their_number():
    worlds = {"Toy/A-v0": 9, "Toy/B-v0": 6, "Toy/C-v0": 0}
    before = [episode(i, env=env) for env in worlds for i in range(24)]
    after = [episode(i, i < gain, env=env) for env, gain in worlds.items() for i in range(24)]
    result = compare_runs(before, after)
    assert {env: part.fixed for env, part in result.by_world.items()} == worlds
    assert result.holm == pytest.approx({"Toy/A-v0": 3 / 2**8, "Toy/B-v0": 2 / 2**5, "Toy/C-v0": 1.0})
    assert result.macro.change == pytest.approx(15 / 72)
    assert result.macro.interval.low < result.macro.change < result.macro.interval.high
    text = " ".join(lines(comparison_parts(result, "one", "two")))
    assert "mean of 3" in text


def test_the_mean_of_worlds_changes_by_worlds_and_not_by_tasks():
    before = [episode(i, env="Toy/A-v0") for i in range(90)] + [episode(i, env="Toy/B-v0") for i in range(10)]
    result = compare_runs(before, [replace(t, reward=float("B" in t.task.env)) for t in before])
    assert (result.overall.change, result.macro.change) == (pytest.approx(0.1), pytest.approx(0.5))


def test_the_noise_floor_is_what_pairs_of_attempts_differ_by():
    outcomes = {0: [1, 1, 0, 0], 1: [1, 0, 0, 0], 2: [1, 1, 1, 1], 3: [0, 1]}
    episodes = [episode(i, bool(won), sample=s) for i, tries in outcomes.items() for s, won in enumerate(tries)]
    single = [episode(4, True), episode(5, True), episode(5, sample=1, stop=Stop.TIMEOUT)]
    shares = [statistics.mean(a != b for a, b in itertools.combinations(tries, 2)) for tries in outcomes.values()]
    floor = noise(episodes + single)
    assert (floor.tasks, floor.flips) == (4, pytest.approx(statistics.mean(shares)))
    assert noise(single) is None


def test_19_of_20_repeats_stay_below_the_noise_floor():
    rng = random.Random(1)
    chances = [rng.random() for _ in range(80)]
    repeats = [episode(i, rng.random() < p, sample=s) for i, p in enumerate(chances) for s in range(8)]
    floor = noise(repeats).change
    differences = [sum((rng.random() < p) - (rng.random() < p) for p in chances) / 80 for _ in range(2000)]
    assert 0.93 <= statistics.mean(abs(difference) < floor for difference in differences) <= 0.97


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


# --- the verbs --------------------------------------------------------------------------------------------------------


def test_the_help_names_every_suite():
    assert all(name in evaluate.__doc__ for name in suite_names())


def test_expert_against_random_from_run_to_comparison(tmp_path, capsys):
    store, written = tmp_path / "runs.db", tmp_path / "scores" / "expert.json"
    assert evaluate("expert", "db-test", n=12, store=store, json=written) == 0
    assert evaluate("random", "db-test", n=12, store=store) == 0
    row = json.loads(written.read_text())
    assert (row["suite"], row["run"], row["success"]["share"], row["n"]) == ("db-test", "db-test-expert", 1.0, 12)
    capsys.readouterr()
    result = compare("db-test-random", ("db-test-expert",), store=store)["db-test-expert"]
    assert (result.overall.n, result.overall.before, result.overall.after) == (12, 0.0, 1.0)
    assert "+100.0" in capsys.readouterr().out


def test_a_score_is_of_the_tasks_that_were_asked_for(tmp_path):
    store = tmp_path / "runs.db"
    evaluate("expert", "db-test", n=6, samples=3, store=store)
    tasks = load_suite("db-test").shrunk(4).tasks()
    assert score_run("db-test-expert", tasks, samples=2, store=store).n == 8


def test_prices_and_demonstrations_are_taken(tmp_path):
    prices = tmp_path / "prices.toml"
    prices.write_text("[expert]\ninput = 1.0\noutput = 1.0\n")
    store, written = tmp_path / "runs.db", tmp_path / "score.json"
    assert evaluate("expert", "db-test", n=2, shots=1, prices=prices, json=written, store=store) == 0
    assert json.loads(written.read_text())["total"]["dollars"] is None  # nobody counted the expert's tokens
    with Store(store) as opened:
        assert all(any("shot" in message for message in t.messages) for t in opened.select())
        assert opened.runs()[0]["config"]["shots"] == 1
    with pytest.raises(UsageError, match="no price table"):
        evaluate("expert", "db-test", n=2, prices=tmp_path / "none.toml", store=store)


def test_invalid_episodes_give_exit_status_1(tmp_path, capsys):
    store = tmp_path / "runs.db"
    evaluate("expert", "db-test", n=2, store=store)
    assert evaluate("replay:db-test-expert", "db-test", n=3, store=store) == 1
    assert "1 of 3 episodes are invalid (1 policy_error)" in capsys.readouterr().out


def test_runs_that_differ_in_more_than_the_policy_are_said_to(tmp_path, capsys):
    store = tmp_path / "runs.db"
    with Store(store) as opened:
        for run, seed in (("one", 0), ("two", 1)):
            opened.start_run(run, {"policy": run, "seed": seed, "sampling": {"temperature": 0.0, "seed": seed}})
            opened.add(episode(0, run=run))
    compare("one", ("two",), store=store)
    text = " ".join(capsys.readouterr().out.split())
    assert "differ in more than the policy: sampling.seed (0 before, 1 after), seed (0 before, 1 after)" in text


@pytest.fixture
def four_runs(tmp_path):
    """A base run, a repeat of it, and two others of which one is better."""
    store = tmp_path / "runs.db"
    with Store(store) as opened:
        for run, policy, gain in (("base", "a", 0), ("again", "a", 2), ("better", "b", 9), ("same", "c", 0)):
            opened.start_run(run, {"policy": policy})
            for i in range(24):
                opened.add(replace(episode(i, i < gain, run=run), policy=policy))
    return store


def test_several_runs_against_one(four_runs, tmp_path, capsys):
    written = tmp_path / "compared.json"
    found = compare("base", ("better", "same"), json=written, store=four_runs)
    assert {run: result.overall.fixed for run, result in found.items()} == {"better": 9, "same": 0}
    row = json.loads(written.read_text())
    assert row["after"]["better"]["overall"]["fixed"] == len(row["after"]["better"]["flips"]) == 9
    assert row["noise"] is None
    said = capsys.readouterr().out
    overview = said[: said.index("How the episodes went")].splitlines()
    better = next(line for line in overview if line.startswith("better")).split()
    assert better[1:4] == ["0.0%", "37.5%", "+37.5"]
    assert float(better[-2]) == pytest.approx(2 / 2**8, rel=0.05)  # Holm: twice the p of 9 fixed, 0 broken
    assert "4 more fixed" in said
    assert "Noise floor: unknown" in said


def test_a_repeat_gives_the_noise_floor(four_runs, capsys):
    compare("base", ("better",), repeats=("again",), store=four_runs)
    said = " ".join(capsys.readouterr().out.split())
    assert "disagree on 8.3% of 24 tasks" in said
    assert f"differ by up to {100 * 1.96 * math.sqrt(2) / 24:.1f} points" in said
    with pytest.raises(UsageError, match="better is no repeat of base: it was played by b, base by a"):
        compare("base", ("same",), repeats=("better",), store=four_runs)


def test_one_run_is_nothing_to_compare(four_runs):
    with pytest.raises(UsageError, match="at least two runs"):
        compare("base", (), store=four_runs)


def test_comparing_what_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match="no store"):
        compare("a", ("b",), store=tmp_path / "none.db")
    with Store(tmp_path / "runs.db"):
        pass
    with pytest.raises(UsageError, match="no run 'a'"):
        compare("a", ("b",), store=tmp_path / "runs.db")
