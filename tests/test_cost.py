"""What episodes cost: prices from a file, totals and means, and nothing that nobody knows."""

import math

import pytest

from envs import Task, UsageError
from evaluation.cost import cost_of
from evaluation.metrics import score
from rollout.prices import Price, dollars, read_prices
from rollout.trajectory import Step, Stop, Trajectory, Usage

GPT = {"gpt-4": Price(input=30.0, output=60.0)}


def episode(index=0, policy="gpt-4", turns=2, read=1000, written=100, seconds=3.0, reward=1.0, stop=Stop.FINISHED):
    steps = [Step(turn, usage=Usage(read, written)) for turn in range(1, turns + 1)]
    task = Task("Toy/Echo-v0", f"Task {index}")
    return Trajectory("run", task, 0, policy, "react", [], steps, stop, reward, seconds=seconds)


def test_a_price_table_is_read(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('[gpt-4]\ninput = 30\noutput = 60.0\n["own@http://host/v1"]\ninput = 0\noutput = 0\n')
    assert read_prices(path) == {"gpt-4": Price(30, 60.0), "own@http://host/v1": Price(0, 0)}


def test_what_the_server_had_in_its_cache_may_be_cheaper(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text("[gpt-4]\ninput = 30\noutput = 60\ncached_input = 3\n")
    usage = Usage(1_000_000, 500_000, cached_tokens=400_000)
    assert dollars(usage, "gpt-4", read_prices(path)) == pytest.approx(0.6 * 30 + 0.4 * 3 + 0.5 * 60)
    assert dollars(usage, "gpt-4", GPT) == 60.0


def test_the_example_is_a_price_table(pytestconfig):
    assert read_prices(pytestconfig.rootpath / "examples" / "prices.toml") == {"smollm2": Price(0.0, 0.0)}


@pytest.mark.parametrize(
    "text",
    [
        "[gpt-4]\ninput = 1",
        "[gpt-4]\ninput = 1\noutput = -1",
        "gpt-4 = 3",
        "[gpt-4.1]\ninput = 1\noutput = 2",
        '[a]\ninput = "1"\noutput = 2',
        "[a]\ninput = 1\noutput = nan",
        "[a]\ninput = true\noutput = 1",
        "[a]\ninput = 1\noutput = 1\ncached_input = -1",
        "[a]\ninput = 1\noutput = 1\ncached = 1",
    ],
)
def test_what_is_no_price_is_named(tmp_path, text):
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"prices\.toml: \[(gpt-4|a)\] must hold input and output"):
        read_prices(path)


def test_a_table_that_is_not_there_or_no_toml_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no price table"):
        read_prices(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[[")
    with pytest.raises(UsageError, match="not TOML"):
        read_prices(tmp_path / "bad.toml")


def test_tokens_times_prices():
    assert dollars(Usage(1_000_000, 500_000), "gpt-4", GPT) == 60.0
    assert dollars(Usage(1_000_000, 500_000), "gpt-4@http://host/v1", GPT) == 60.0
    own = GPT | {"gpt-4@http://host/v1": Price(0.0, 0.0)}
    assert dollars(Usage(1_000_000, 500_000), "gpt-4@http://host/v1", own) == 0.0
    assert math.isnan(dollars(Usage(1, 1), "gpt-5", GPT))


def test_a_cost_is_a_total_and_divides():
    total = cost_of([episode(0), episode(1, turns=4, seconds=5.0)], GPT)
    assert (total.turns, total.prompt_tokens, total.completion_tokens, total.tokens) == (6, 6000, 600, 6600)
    assert total.seconds == 8.0
    assert total.dollars == pytest.approx(6 * (1000 * 30 + 100 * 60) / 1e6)
    assert (total / 2).turns == 3
    assert math.isnan((total / 0).seconds)


def test_nobody_counted_and_nobody_priced():
    unknown = cost_of([episode(policy="expert", read=0, written=0)], GPT)
    assert (unknown.turns, unknown.seconds) == (2, 3.0)
    assert all(map(math.isnan, (unknown.prompt_tokens, unknown.completion_tokens, unknown.dollars)))
    assert math.isnan(cost_of([episode(0), episode(1, policy="other")], GPT).dollars)


def test_the_price_of_a_success_is_that_of_all_attempts():
    won, lost = episode(0), episode(1, turns=6, reward=0.0)
    broken = episode(2, turns=1, reward=None, stop=Stop.TIMEOUT)
    result = score([won, lost, broken], prices=GPT)
    assert result.of_success.dollars == pytest.approx(2 * 0.036)
    assert result.per_success.dollars == result.total.dollars == pytest.approx(9 * 0.036)
    assert math.isnan(score([won]).total.dollars)
