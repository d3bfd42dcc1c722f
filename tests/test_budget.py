"""Bounds of a run: where they stop it, that the bill never shrinks, and how it goes on."""

import re
import signal
import subprocess
import sys

import pytest

from envs import UsageError
from envs.cli import main
from rollout.budget import Bounds
from rollout.collect import collect, collect_tasks
from rollout.policy import PolicyError, Reply
from rollout.prices import Price
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory, Usage
from tests.fake_server import FakeServer, answers, completion
from tests.paid_server import PaidServer
from tests.progress_watch import episodes_in, wait_for_more
from tests.test_collect import ROOT
from tests.toy import ToyPolicy, make_toy, toy_task

PRICE = Price(input=100.0, output=1000.0)
EPISODE = Usage(40, 8)
"""What `ToyPolicy` takes for a task with goal 3."""


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text("[tiny]\ninput = 100.0\noutput = 1000.0\n")
    return path


@pytest.fixture
def verb(monkeypatch, tmp_path, capsys):
    """Runs the command line in this process; returns its exit status and what it printed."""

    def run(*arguments):
        words = ["--env", "db", "--store", tmp_path / "s.db", "--run", "r", *arguments]
        monkeypatch.setattr(sys, "argv", ["collect", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main(collect)
        said = capsys.readouterr()
        return end.value.code, said.out + said.err

    return run


def spent(path, run="r"):
    with Store(path) as store:
        return store.spent(run)


def play_toy(path, tasks, policy=None, **options):
    options = {"run": "r", "quiet": True, "make_env": make_toy, "prices": {"toy": PRICE}} | options
    return collect_tasks(tasks, policy or ToyPolicy(), store=path, **options)


# --- the command line -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bound", ["--max-cost", "--max-tokens-total"])
def test_a_bound_stops_a_run_within_a_batch_and_a_higher_one_ends_it(verb, tmp_path, prices, bound):
    path, batch, n = tmp_path / "s.db", 4, 40
    with PaidServer() as server:
        arguments = ["--policy", f"tiny@{server.url}", "--n", n, "--concurrency", batch, "--live", batch]
        arguments += ["--prices", prices]

        def charged():
            usage = Usage(server.prompt_tokens, server.completion_tokens)
            return PRICE.of(usage) if bound == "--max-cost" else server.prompt_tokens + server.completion_tokens

        assert verb(*arguments, "--estimate", 5)[0] == 0
        limit = round(4 * charged(), 4)
        status, out = verb(*arguments, bound, limit)
        first, kept = spent(path), episodes_in(path)
        assert status == 1
        assert 5 < kept < n
        dearest = max(PRICE.of(t.usage) if bound == "--max-cost" else _tokens(t.usage) for t in _episodes(path))
        assert limit - batch * dearest < charged() < limit + batch * dearest
        assert _usage(server) == first.usage
        assert re.search(rf"Stopped by {bound} [\d.]+: \S+( tokens)? spent, \S+( tokens)? left\.", out)
        assert f"The {n - kept} owed need about " in out
        higher = re.search(rf"go on with the same command and {bound} (\S+)\.\n", out)[1]
        asked = len(server.bodies)

        status, out = verb(*arguments, bound, limit / 2 if bound == "--max-cost" else limit // 2)  # it is over that
        assert (status, len(server.bodies)) == (1, asked)
        assert re.search(r"Stopped by .* spent, (\$0\.0000|0 tokens) left\.", out)

        status, out = verb(*arguments, bound, higher)
        assert (status, episodes_in(path)) == (0, n)
        assert "Stopped by" not in out
        assert _usage(server) == spent(path).usage
        assert f"{server.prompt_tokens:,} tokens in, {server.completion_tokens:,} out, $" in out


def test_hours_stop_a_run(verb, tmp_path):
    with PaidServer(seconds=0.02) as server:
        arguments = ["--policy", f"tiny@{server.url}", "--n", 30, "--concurrency", 2, "--live", 2]
        status, out = verb(*arguments, "--max-hours", 0.5 / 3600)
        assert status == 1
        assert 0 < episodes_in(tmp_path / "s.db") < 30
        assert spent(tmp_path / "s.db").seconds > 0.2
        assert re.search(r"Stopped by --max-hours 0.000138889: \S+ h spent, \S+ h left\. The \d+ owed need about ", out)
        assert verb(*arguments, "--max-hours", 1)[0] == 0


def test_a_killed_run_has_its_bill_and_keeps_its_bound(tmp_path, prices):
    path = tmp_path / "s.db"
    with PaidServer(seconds=0.02) as server:
        command = [sys.executable, "-m", "rollout.collect", "--policy", f"tiny@{server.url}", "--env", "db"]
        command += ["--store", path, "--run", "r", "--n", 40, "--concurrency", 4, "--live", 4, "--prices", prices]
        command = list(map(str, command))
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        wait_for_more(path, 0, process)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        bill, rows = spent(path).usage, sum((t.usage for t in _episodes(path)), Usage())
        assert 0 < rows.prompt_tokens <= bill.prompt_tokens <= server.prompt_tokens
        bound = _tokens(bill) + 2000
        done = subprocess.run([*command, "--max-tokens-total", str(bound)], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1, done.stdout + done.stderr
        assert f"Stopped by --max-tokens-total {bound}" in done.stdout
        dearest = max(_tokens(t.usage) for t in _episodes(path))
        assert _tokens(bill) < _tokens(spent(path).usage) < bound + 4 * dearest


def test_a_bound_of_dollars_needs_a_price(verb, prices):
    with PaidServer() as server:
        status, out = verb("--policy", f"tiny@{server.url}", "--max-cost", 1)
        assert (status, "--max-cost needs the price of 'tiny': give a table with --prices FILE" in out) == (2, True)
        prices.write_text("[tony]\ninput = 1\noutput = 1\n")
        status, out = verb("--policy", f"tiny@{server.url}", "--max-cost", 1, "--prices", prices)
        assert (status, "the table names tony. Did you mean 'tony'?" in out) == (2, True)
        assert server.bodies == []


@pytest.mark.parametrize("flag", ["--max-cost", "--max-tokens-total", "--max-hours"])
def test_a_bound_is_above_zero(verb, flag):
    status, out = verb("--policy", "expert", flag, 0)
    assert status == 2
    assert out.startswith(f"error: {flag} must be above 0, not 0")


def test_a_server_that_counts_no_tokens_cannot_be_bounded(verb, tmp_path):
    with PaidServer(counts=False) as server:
        policy = f"tiny@{server.url}"
        status, out = verb("--policy", policy, "--n", 30, "--live", 2, "--concurrency", 2, "--max-tokens-total", 10**6)
        assert status == 2
        assert "'tiny' does not say how many tokens it takes, so --max-tokens-total cannot be kept" in out
        assert 0 < episodes_in(tmp_path / "s.db") < 10
        assert verb("--policy", policy, "--n", 30, "--max-hours", 1)[0] == 0


def test_answers_from_a_cache_cost_nothing(verb, tmp_path, prices):
    with PaidServer() as server:
        arguments = ["--policy", f"tiny@{server.url}", "--n", 6, "--prices", prices, "--max-cost", 1]
        arguments += ["--cache", tmp_path / "cache.db", "--concurrency", 1, "--live", 1]
        assert verb(*arguments)[0] == 0
        asked = len(server.bodies)
        assert verb(*arguments, "--run", "again")[0] == 0
        assert len(server.bodies) == asked
        assert spent(tmp_path / "s.db", "again").usage == Usage()


def test_a_log_and_the_limits_of_time_and_number(verb, tmp_path):
    with PaidServer() as server:
        status, out = verb(
            *("--policy", f"tiny@{server.url}", "--n", 3, "--log", tmp_path / "logs" / "l.jsonl", "--live", 3),
            *("--call-timeout", 30, "--env-timeout", 30, "--timeout", 60, "--concurrency", 1),
        )
    assert status == 0
    assert "model busy" in out
    assert (tmp_path / "logs" / "l.jsonl").read_text().count('"event": "episode_ended"') == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--call-timeout", "0"], "call-timeout must be above 0"),
        (["--env-timeout", "0"], "env-timeout must be above 0"),
        (["--live", "0"], "live must be above 0"),
        (["--enough", "0"], "enough must be above 0"),
        (["--estimate", "1"], "an estimate needs at least 2 tasks, not 1"),
        (["--log", "."], "the log . cannot be written"),
        (["--cache", "c.db"], "'expert' keeps no cache of answers: leave --cache out"),
        (["--prices", "none.toml"], "no price table 'none.toml'"),
        (["--cache", "c.db", "--ray", "1"], "--cache cannot be had with --ray"),
    ],
)
def test_wrong_use_is_said_before_anything_is_played(verb, tmp_path, arguments, words):
    status, out = verb("--policy", "expert", *arguments)
    assert (status, words in out) == (2, True), out
    assert episodes_in(tmp_path / "s.db") == 0


def test_what_is_left_behind_is_named_and_fails_the_command(verb, monkeypatch):
    monkeypatch.setattr("rollout.leaks.audit", lambda before: ["thread 'forgotten' runs"])
    status, out = verb("--policy", "expert", "--n", 1)
    assert (status, "warning: this was left behind: thread 'forgotten' runs" in out) == (1, True)


# --- the bill -------------------------------------------------------------------------------------------------------


def test_attempts_that_were_replaced_stay_on_the_bill(tmp_path):
    path, tasks = tmp_path / "s.db", [toy_task(i) for i in range(3)]
    played = Reply('Thought: t\nAction: add\n{"number": 1}', prompt_tokens=10, completion_tokens=2, cached_tokens=4)

    class Breaking(ToyPolicy):
        async def act(self, episode):
            if len(episode.messages) > 4:
                raise PolicyError("gone")
            return played

    for again in (1, 2):
        assert play_toy(path, tasks, Breaking()).played.stops == {Stop.POLICY_ERROR: 3}
        assert spent(path).usage == Usage(again * 60, again * 12, again * 24)
    summary = play_toy(path, tasks)
    assert summary.spent.usage == Usage(120, 24, 48) + Usage(3 * EPISODE.prompt_tokens, 3 * EPISODE.completion_tokens)
    assert summary.spent.episodes == 3
    assert "Spent by all sessions of it: 240 tokens in, 48 out, $0.0720" in str(summary)


def test_replies_that_are_in_no_step_stay_on_the_bill(tmp_path):
    summary = play_toy(tmp_path / "s.db", [toy_task(0, "broken")])
    assert summary.played.usage == Usage()
    assert summary.spent.usage == Usage(10, 2)


def test_attempts_that_were_cut_stay_on_the_bill(tmp_path):
    tasks = [toy_task(i, goal=1) for i in range(3)]
    summary = play_toy(tmp_path / "s.db", tasks, samples=8, enough=2, concurrency=1, live=4)
    assert (summary.owed, summary.clean) == (0, True)
    assert summary.spare == 24 - summary.played.episodes > 0
    assert summary.played.success == summary.played.episodes >= 6
    assert f"{summary.spare} are not needed: their tasks were solved often enough." in str(summary)
    assert play_toy(tmp_path / "s.db", tasks, samples=8, enough=2).played.episodes == 0
    lost = summary.spent.usage - summary.played.usage
    assert lost.prompt_tokens == 10 * (summary.figures.calls - 2 * summary.played.episodes)


@pytest.mark.parametrize("flush", [True, False])
@pytest.mark.parametrize("stop", [Stop.FINISHED, Stop.TIMEOUT])
def test_two_attempts_at_one_row_are_paid_twice(tmp_path, stop, flush):
    first, second = (
        Trajectory("r", toy_task(0), 0, "toy", "react", [], [Step(1, usage=Usage(tokens, 1))], stop)
        for tokens in (10, 5)
    )
    with Store(tmp_path / "s.db") as store:
        store.start_run("r", {})
        store.add(first)
        if flush:
            store.flush()
        store.add(second)
        assert [t.usage for t in store.select("r")] == [Usage(10, 1) if stop.valid else Usage(5, 1)]
        assert store.spent("r").usage == Usage(15, 2)


def test_what_a_bound_leaves_is_what_the_plan_gives(tmp_path):
    each = PRICE.of(EPISODE)
    summary = play_toy(
        tmp_path / "s.db", [toy_task(i) for i in range(20)], bounds=Bounds(max_cost=5 * each), concurrency=1, live=1
    )
    assert (summary.played.episodes, summary.owed) == (5, 15)
    assert summary.stopped == (
        f"Stopped by --max-cost {5 * each:g}: $0.0600 spent, $0.0000 left. The 15 owed need about $0.1800: "
        "go on with the same command and --max-cost 0.27."
    )
    assert not summary.clean


def test_those_that_are_alive_count_as_what_one_takes_on_average(tmp_path):
    each, tasks = PRICE.of(EPISODE), [toy_task(i) for i in range(40)]
    play_toy(tmp_path / "s.db", tasks[:4])
    summary = play_toy(tmp_path / "s.db", tasks, bounds=Bounds(max_cost=9.9 * each), concurrency=6, live=6)
    assert summary.played.episodes == 6


def test_a_run_without_bounds_says_nothing_of_them(tmp_path):
    summary = play_toy(tmp_path / "s.db", [toy_task(0)])
    assert (summary.stopped, summary.clean) == ("", True)


def test_settings_of_older_runs_are_settings_of_today(tmp_path):
    play_toy(tmp_path / "s.db", [toy_task(0)])
    with Store(tmp_path / "s.db") as store:
        assert set(store.runs()[0]["config"]) == {"policy", "seed", "format", "max_turns", "sampling"}


def test_a_policy_of_ones_own_cannot_go_to_ray(tmp_path):
    with pytest.raises(UsageError, match="Ray workers make their own policy"):
        play_toy(tmp_path / "s.db", [toy_task(0)], ray="2")


def _episodes(path):
    with Store(path) as store:
        return list(store.select())


def _usage(server):
    return Usage(server.prompt_tokens, server.completion_tokens)


def _tokens(usage):
    return usage.prompt_tokens + usage.completion_tokens


def test_an_answer_that_could_not_be_taken_was_paid_for_all_the_same(verb, tmp_path):
    refused = answers(completion("I", "content_filter"))
    with FakeServer(lambda _: 'Action: answer\n{"values": [0]}', faults=[refused]) as server:
        status, _ = verb("--policy", f"tiny@{server.url}", "--n", "1")
    assert status == 0
    sent = len(server.bodies)
    assert spent(tmp_path / "s.db").usage == Usage(7 * sent, 3 * sent)
