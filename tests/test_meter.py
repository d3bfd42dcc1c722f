"""What the meter counts, and what it tells people and machines."""

import asyncio
import io
import json
import random

import pytest
from rich.console import Console

from rollout.engine import run
from rollout.meter import Distribution, Level, Meter
from rollout.policy import Reply
from rollout.progress import ProgressLine
from tests.toy import ToyPolicy, make_toy, toy_task


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Metered(ToyPolicy):
    """Takes its time, counts tokens, and tells the meter of a retry on every fifth call."""

    meter = None
    calls = 0

    async def act(self, episode):
        self.calls += 1
        if self.calls % 5 == 0:
            self.meter.event("retry", reason="busy \ud800", wait=0.5)
        await asyncio.sleep(0.01)
        reply = await super().act(episode)
        return Reply(reply.text, prompt_tokens=100, completion_tokens=10, cached_tokens=80, served="toy-1")


def play(meter, tasks, **options):
    async def gather():
        stream = run([(task, 0) for task in tasks], Metered(), run="r", make_env=make_toy, meter=meter, **options)
        return [trajectory async for trajectory in stream]

    return asyncio.run(gather())


def test_a_level_is_integrated_over_time():
    clock = Clock()
    level = Level(clock)
    level.value = 2
    clock.now += 3
    level.value += 4
    assert level.area == 6
    clock.now += 0.5
    assert level.area == 9
    level.value = 1
    clock.now += 10
    assert (level.area, level.value, level.peak) == (19, 1, 6)


def test_quantiles_are_at_most_five_percent_too_long():
    draw, distribution = random.Random(0), Distribution()
    seconds = sorted(draw.lognormvariate(0, 2) for _ in range(5_000))
    for value in seconds:
        distribution.add(value)
    assert distribution.mean == pytest.approx(sum(seconds) / 5_000)
    for share in (0.01, 0.5, 0.99, 1.0):
        exact = seconds[round(share * 5_000) - 1]
        assert exact <= distribution.quantile(share) * 1.0001 <= 1.051 * exact
    assert Distribution().quantile(0.99) == Distribution().mean == 0
    distribution = Distribution()
    distribution.add(0.0)
    assert distribution.quantile(1.0) < 1e-5


def test_a_run_in_numbers():
    meter = Meter()
    played = play(meter, [toy_task(i, "slow", goal=1) for i in range(20)], concurrency=2, live=6)
    figures = meter.summary(dollars=1.5)
    assert (figures.episodes, figures.success, figures.calls) == (20, 20, 40)
    assert (figures.tokens.prompt_tokens, figures.tokens.completion_tokens) == (4_000, 400)
    assert figures.cache_share == 0.8
    assert figures.events["retry"] == 8
    assert (figures.most_calls, figures.most_live) == (2, 6)
    lived = sum(trajectory.seconds for trajectory in played)
    with_model = sum(step.policy_seconds for trajectory in played for step in trajectory.steps)
    assert figures.model_share == pytest.approx(with_model / lived, rel=0.2)
    assert 0.1 < figures.model_busy < 1
    assert figures.model_share + figures.env_share + figures.wait_share == pytest.approx(1)
    assert figures.env_share > 0.2  # 50 of about 70 ms
    assert figures.wait_share > 0
    assert 0.05 < figures.episode_p50 < figures.episode_p99 < 10
    shown = str(figures)
    for words in ("of up to 2 calls at a time", "up to 6 episodes alive", "4,400 tokens", "220 per success"):
        assert words in shown
    for words in ("80% of those read", "$1.50, $0.0750 per success", "calls tried again: 8", "waiting for a call"):
        assert words in shown
    assert str(meter) == "0 of 0 calls in flight, 0 alive"


def test_the_progress_line_shows_this_moment(monkeypatch):
    monkeypatch.setattr("rollout.progress._LINE_SECONDS", 0.0)
    meter, printed = Meter(), io.StringIO()
    with ProgressLine(Console(file=printed, width=200), total=4, meter=meter) as progress:
        meter.calls_limit.value, meter.in_flight.value, meter.live.value = 24, 5, 40
        progress.refresh()
        meter.live.value = 0
    first, last = printed.getvalue().splitlines()
    assert first == "0 of 4 episodes · none scored yet · 5 of 24 calls in flight, 40 alive"
    assert last == "0 of 4 episodes · none scored yet"


def test_nothing_played_has_figures_too():
    figures = Meter().summary(dollars=0.0)
    assert figures.episodes == figures.model_busy == figures.cache_share == 0
    assert "per success" not in str(figures)


def test_waiting_for_a_call_is_told_from_the_call():
    meter = Meter()
    played = play(meter, [toy_task(0), toy_task(1)], concurrency=1, live=2)
    assert meter.waits.total > 0.02
    asked = sum(step.policy_seconds for trajectory in played for step in trajectory.steps)
    assert asked < 1.3 * max(trajectory.seconds for trajectory in played)  # one call at a time


def test_one_line_of_json_per_event(tmp_path):
    log = tmp_path / "logs" / "events.jsonl"
    with Meter(log) as meter:
        (trajectory, _) = play(meter, [toy_task(0), toy_task(1, "broken")], concurrency=1)
        meter.event("mine", number=3)
        assert log.read_text().endswith("\n")  # whole lines, at once
    meter.event("after", number=4)  # a policy that is late does no harm
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    kinds = [line["event"] for line in lines]
    assert kinds[:2] == ["run_started", "episode_started"]
    assert kinds[-2:] == ["run_ended", "mine"]
    assert kinds.count("call") == 5
    assert kinds.count("retry") == 1
    assert kinds.count("episode_ended") == 2
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    call = lines[kinds.index("call")]
    assert (call["task"], call["sample"], call["served"]) == (toy_task(0).id, 0, "toy-1")
    assert (call["prompt_tokens"], call["completion_tokens"], call["cached_tokens"]) == (100, 10, 80)
    assert call["seconds"] >= 0.01
    ended = [line for line in lines if line["event"] == "episode_ended"]
    assert (ended[0]["id"], ended[0]["stop"], ended[0]["reward"]) == (trajectory.id, "finished", 1.0)
    assert (ended[1]["stop"], ended[1]["error"]) == ("env_error", "the world fell apart")
    with Meter(log) as meter:
        meter.event("again")
    assert len(log.read_text().splitlines()) == len(lines) + 1
