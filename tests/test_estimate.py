"""Estimates: which tasks are drawn, what they say of all, and that nothing is played twice for them."""

import itertools
import re
import statistics

import pytest

from envs import UsageError
from rollout.collect import collect
from rollout.estimate import project, spread
from rollout.prices import Price
from rollout.spending import Spent
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory, Usage
from tests.fake_server import FakeServer, status
from tests.paid_server import PaidServer
from tests.toy import toy_task


def episode(tokens):
    steps = [Step(1, usage=Usage(tokens, 10))]
    return Trajectory("r", toy_task(0), 0, "toy", "react", [], steps, Stop.FINISHED, 1.0, seconds=2.0)


def test_the_tasks_are_spread_over_the_plan_and_follow_no_pattern_of_it():
    tasks = [toy_task(i) for i in range(200)]
    drawn = spread(tasks, 20, seed=3)
    assert [tasks.index(task) // 10 for task in drawn] == list(range(20))
    assert len({task.difficulty for task in drawn}) > 1
    assert drawn == spread(tasks, 20, seed=3) != spread(tasks, 20, seed=4)
    assert spread(tasks[:7], 20) == tasks[:7]
    assert len(set(spread(tasks[:7], 3))) == 3
    for few in (1, 0, -3):
        with pytest.raises(UsageError, match="at least 2 tasks"):
            spread(tasks, few)


def test_a_projection_is_the_mean_times_what_is_owed_beside_what_is_spent():
    sample = [episode(tokens) for tokens in (80, 100, 120)]
    found = project(sample, Spent(4, Usage(500, 30), 10.0), 97, live=4, price=Price(1e6, 1e6))
    rows = {row.name: row for row in found.projections}
    assert list(rows) == ["tokens in", "tokens out", "dollars", "time"]
    assert (rows["tokens in"].spent, rows["tokens in"].total) == (500, 500 + 97 * 100)
    wide = 4.302653 * 20 * (97**2 / 3 + 97) ** 0.5  # t of 2 degrees of freedom
    assert rows["tokens in"].high - rows["tokens in"].total == pytest.approx(wide)
    assert rows["tokens in"].low == pytest.approx(500 + 9700 - wide)
    assert rows["tokens out"].low == rows["tokens out"].total == rows["tokens out"].high == 30 + 970
    assert rows["dollars"].total == rows["tokens in"].total + rows["tokens out"].total
    assert rows["time"].total == 10 + 97 * 2 / 4
    assert [row.name for row in project(sample, Spent(4, Usage(), 0.0), 9).projections] == ["tokens in", "tokens out"]


def test_nothing_is_less_than_what_is_spent():
    row = project([episode(0), episode(1000)], Spent(2, Usage(1000, 20), 1.0), 50).projections[0]
    assert row.low == 1000


def test_an_estimate_needs_two_episodes(tmp_path, capsys):
    with FakeServer(faults=itertools.repeat(status(400, "no"))) as server:
        options = {"policy": f"tiny@{server.url}", "env": "db", "n": 20, "store": tmp_path / "s.db"}
        assert collect(**options, estimate=3) == 1
    assert "3 are owed: run the same command again.\nAn estimate needs at least 2 valid episodes, not 0." in (
        capsys.readouterr().out
    )


def test_twenty_tasks_say_within_a_quarter_what_two_hundred_take(tmp_path, capsys):
    path, prices = tmp_path / "s.db", tmp_path / "prices.toml"
    prices.write_text("[tiny]\ninput = 1\noutput = 2\n")
    with PaidServer() as server:
        arguments = {"policy": f"tiny@{server.url}", "env": "db", "n": 200, "run": "r", "store": path, "prices": prices}
        arguments |= {"concurrency": 8, "live": 8}
        assert collect(**arguments, estimate=20) == 0
        out = capsys.readouterr().out
        assert "Estimate from 20 episodes for the 180 still to play, 8 at a time" in out
        said = {name: _row(out, name) for name in ("tokens in", "tokens out")}
        asked = len(server.bodies)
        assert collect(**arguments, estimate=20) == 0
        assert len(server.bodies) == asked, "an estimate is not played twice"
        assert _row(capsys.readouterr().out, "tokens in") == said["tokens in"]
        assert collect(**arguments) == 0
        assert "180 episodes in " in capsys.readouterr().out
        for name, taken in (("tokens in", server.prompt_tokens), ("tokens out", server.completion_tokens)):
            _, total, low, high = said[name]
            assert low < total < high
            assert total == pytest.approx(taken, rel=0.25)
        with Store(path) as store:
            lengths = [len(t.steps) for t in store.select("r")]
        assert statistics.stdev(lengths) > 1, "the episodes are too much alike to show anything"


def _row(out, name):
    line = next(line for line in out.splitlines() if line.startswith(f"│ {name} "))
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", line)]
