"""`check_env` finds what it is there to find: one environment for each breach, each named in words."""

import itertools

import pytest

from envs import Generated, Task, ToolCall, tool
from envs.testing import check_env, check_task, env_problems
from tests.test_core import Guess, number


class Unsolvable(Guess):
    def solve(self):
        yield "I guess.", ToolCall("answer", {"number": 8})


class SolvedAtOnce(Guess):
    def score(self):
        return 1.0


class SolvedByIdling(Guess):
    def score(self):
        return float(self.guess == 0)

    def solve(self):
        yield "I know it.", ToolCall("answer", {"number": 0})


class Crashing(Guess):
    @tool
    def hint(self, below: int) -> str:
        """Say whether the number is below another."""
        raise KeyError(below)


class Unsteady(Guess):
    calls = itertools.count()

    @tool(final=True)
    def answer(self, number: int) -> str:
        """Give the number."""
        self.guess = number
        return f"Noted as answer {next(self.calls)}."


class Leaking(Guess):
    """The same tasks in two splits."""

    @classmethod
    def tasks(cls, split):
        def leaked(split, index):
            return Task(cls.id, f"Guess number {index}.", {"n": index % 7}, split, template="guess")

        return Generated(leaked, split)


class Nameless(Guess):
    @classmethod
    def tasks(cls, split):
        return [Task(cls.id, f"Guess {split}.", {"n": 3}, split)]


class Closed(Guess):
    """No tasks of its own."""

    @classmethod
    def tasks(cls, split):
        return []


@pytest.mark.parametrize(
    ("cls", "says"),
    [
        (Unsolvable, "the solution scores 0 in react"),
        (SolvedAtOnce, "solved before the first action"),
        (SolvedByIdling, "calling answer at once solves it"),
        (Crashing, "crash it: KeyError"),
        (Unsteady, "not deterministic"),
        (Leaking, "is also in"),
        (Nameless, "and a template"),
        (Closed, "check it with --tasks"),
    ],
)
def test_each_breach_is_found_and_named(cls, says):
    problems = list(env_problems(cls, n=3, random=10))
    assert any(says in problem for problem in problems), problems


def test_an_environment_in_order_has_no_problems():
    """Random guesses of one number in seven do hit now and then, so the world asked here has a wider range."""

    class Wide(Guess):
        @classmethod
        def tasks(cls, split):
            return Generated(
                lambda s, i: Task(cls.id, f"Guess {i} of {s}.", {"n": 1000 + i}, s, template="wide"), split
            )

    check_env(Wide, n=5, random=20)


def test_a_task_whose_reference_is_wrong_is_named():
    task = Task("Test/Guess-v0", "x", {"n": 3}, reference=(ToolCall("answer", {"number": 4}),))
    assert check_task(Guess, task) == ["the solution scores 0 in react; the last observation was 'Observation: Noted.'"]
    assert check_task(Guess, number("train", 3), random=0) == []


def test_options_reach_every_environment_that_is_made():
    class Strict(Guess):
        def __init__(self, secret=None, **options):
            super().__init__(**options)
            assert secret == "told"

    assert check_task(Strict, number("train", 3), random=1, secret="told") == []
    assert not [p for p in env_problems(Strict, n=1, random=0, secret="told") if "raises" in p]
    with pytest.raises(AssertionError):
        check_task(Strict, number("train", 3))


def test_check_env_raises_with_every_problem():
    with pytest.raises(AssertionError, match=r"(?s)problems:.*scores 0 in react"):
        check_env(Unsolvable, n=2, random=0)
