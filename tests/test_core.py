"""What the base class of every environment promises, through `reset` and `step`."""

import gymnasium
import pytest

from envs import AgentEnv, Generated, Task, ToolCall, ToolError, UsageError, tool
from envs.core import clip


def number(split, index):
    return Task("Test/Guess-v0", f"Guess number {index} of {split}.", {"n": index % 7}, split, template="guess")


class Guess(AgentEnv):
    """Guess a number."""

    id = "Test/Guess-v0"
    instructions = "Guess a number from 0 to 6."
    max_turns = 4

    @classmethod
    def tasks(cls, split):
        return Generated(number, split)

    def setup(self, task):
        self.guess = None
        return "The game is on."

    @tool
    def hint(self, below: int) -> str:
        """Say whether the number is below another."""
        if below < 0:
            raise ToolError("The number is never below 0.")
        if below == 99:
            raise RuntimeError("the machine broke")
        return "yes" if self.task.data["n"] < below else "no" * 2000

    @tool(final=True)
    def answer(self, number: int) -> str:
        """Give the number."""
        self.guess = number
        return "Noted."

    def score(self):
        return float(self.guess == self.task.data["n"])

    def solve(self):
        yield "I know it.", ToolCall("answer", {"number": self.task.data["n"]})


@pytest.fixture
def env():
    env = Guess()
    env.reset(seed=1, options={"task": number("train", 3)})
    return env


def act(env, name, **arguments):
    return env.step(env.write(ToolCall(name, arguments), "A thought."))


class Choosy(Guess):
    """A world that offers `hint` on even tasks only."""

    def tools_of(self, task):
        every = type(self).tools
        return every if task.data["n"] % 2 == 0 else {"answer": every["answer"]}


def test_a_task_may_offer_some_of_the_tools_only():
    env = Choosy()
    env.reset(options={"task": number("train", 3)})
    assert "hint" not in env.system_prompt
    assert act(env, "hint", below=3)[4]["error"] == "unknown_tool"
    env.reset(options={"task": number("train", 2)})
    assert "hint" in env.system_prompt
    assert "hint" not in env.prompt_of(number("train", 3))
    assert env.prompt_of(number("train", 4)) == env.system_prompt
    assert act(env, "hint", below=3)[4]["error"] is None


def test_the_prompt_and_the_first_observation_open_the_episode():
    text, info = Guess().reset(options={"task": number("dev", 5)})
    assert text == "Guess number 5 of dev.\n\nThe game is on."
    assert info == {"task": number("dev", 5).id}


def test_a_final_tool_ends_the_episode_and_only_then_is_there_a_reward(env):
    assert act(env, "hint", below=4)[:4] == ("Observation: yes", 0.0, False, False)
    observation, reward, terminated, truncated, info = act(env, "answer", number=3)
    assert (observation, reward, terminated, truncated) == ("Observation: Noted.", 1.0, True, False)
    assert info == {"call": {"name": "answer", "arguments": {"number": 3}}, "thought": "A thought.", "error": None}
    with pytest.raises(gymnasium.error.ResetNeeded):
        act(env, "hint", below=1)


@pytest.mark.parametrize(
    ("message", "kind", "says"),
    [
        ("no action at all", "format", "'Thought:' is missing"),
        ("Thought: x", "format", "Action: tool name"),
        ("Thought: x\nAction: hnt\n{}", "unknown_tool", "Did you mean 'hint'?"),
        ("Thought: x\nAction: hint\n{}", "arguments", "below: Field required"),
        ('Thought: x\nAction: hint\n{"below": "4"}', "arguments", "below: Input should be a valid integer"),
        ('Thought: x\nAction: hint\n{"below": 4, "above": 1}', "arguments", "above: Extra inputs"),
        ("Thought: x\nAction: hint\n{below: 4}", "format", "must be one JSON object"),
        ('Thought: x\nAction: hint\n{"below": -1}', "tool", "never below 0"),
        ("Thought: \ud800", "format", "unpaired surrogate"),
    ],
)
def test_a_mistake_of_the_model_is_the_next_observation_and_has_a_kind(env, message, kind, says):
    observation, reward, terminated, truncated, info = env.step(message)
    assert says in observation
    assert (reward, terminated, truncated, info["error"]) == (0.0, False, False, kind)


def test_a_broken_machine_is_not_an_observation(env):
    with pytest.raises(RuntimeError, match="broke"):
        act(env, "hint", below=99)


def test_turns_run_out(env):
    rows = [act(env, "hint", below=1) for _ in range(4)]
    assert [r[3] for r in rows] == [False, False, False, True]
    assert rows[-1][4]["stop"] == "max_turns"
    assert rows[-1][1] == 0.0


def test_three_unreadable_messages_in_a_row_end_the_episode_but_a_readable_one_between_resets_the_count():
    env = Guess(max_turns=20)
    env.reset(options={"task": number("train", 3)})
    for message in ("?", "?", env.write(ToolCall("hint", {"below": 1})), "?", "?"):
        assert env.step(message)[3] is False
    assert (env.step("?")[3], env._ended) == (True, True)


def test_long_observations_are_cut_in_the_middle_and_say_so():
    env = Guess(max_observation=100)
    env.reset(options={"task": number("train", 3)})
    assert act(env, "hint", below=1)[0] == "Observation: " + "no" * 33 + "\n[... 3900 characters cut ...]\n" + "no" * 17
    assert clip("a" * 10, 10) == "a" * 10


def test_both_formats_run_the_same_episode():
    for format in ("react", "hermes"):
        env = Guess(format=format)
        env.reset(options={"task": number("train", 3)})
        assert [env.step(message)[1] for message in env.expert()] == [1.0]


def test_reset_draws_from_its_split_by_seed():
    drawn = [Guess(split="dev").reset(seed=s)[0] for s in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert "of dev" in drawn[0]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Guess(split="tran"), "Did you mean 'train'?"),
        (lambda: Guess(format="recat"), "Did you mean 'react'?"),
        (lambda: Guess().reset(options={"task": Task("Other/World-v0", "x")}), "is for Other/World-v0"),
        (lambda: Task("Test/Guess-v0", ""), "non-empty"),
        (lambda: Task("Test/Guess-v0", "\ud800"), "valid Unicode"),
        (lambda: Task("Test/Guess-v0", "x", {"a": {1}}), "must be JSON"),
        (lambda: Task("Test/Guess-v0", "x", difficulty=6), "from 1 to 5"),
        (lambda: Task("Test/Guess-v0", "x", split="teach"), "must be one of train"),
        (lambda: Task.from_json('{"env": "x"}'), "needs the keys"),
        (lambda: Task.from_json('{"env": "x", "prompt": "y", "promt": 1}'), "unknown task keys ['promt']"),
        (lambda: Task.from_json("nonsense"), "one line of JSON"),
    ],
)
def test_the_users_mistakes_raise_at_once_and_say_what_is_right(make, says):
    with pytest.raises(UsageError) as caught:
        make()
    assert says in str(caught.value)


def test_tasks_are_equal_by_content_and_survive_json():
    task = Task("Test/Guess-v0", "é", {"a": [1, None]}, "dev", 3, "t", (ToolCall("answer", {"number": 1}),))
    assert Task.from_json(task.to_json()) == task
    assert Task("Test/Guess-v0", "é", {"a": [1, None]}).id == task.id
    assert Task("Test/Guess-v0", "é", {"a": [2, None]}).id != task.id


def test_generated_tasks_are_lazy_and_slice():
    tasks = Guess.tasks("train")
    assert len(tasks) > 10**9
    assert tasks[10**8] == number("train", 10**8)
    assert [t.data["n"] for t in tasks[2:5]] == [2, 3, 4]
    with pytest.raises(IndexError):
        tasks[len(tasks)]


def test_a_reference_is_played_in_place_of_the_solver():
    env = Guess()
    wrong = Task("Test/Guess-v0", "x", {"n": 3}, reference=(ToolCall("answer", {"number": 4}),))
    env.reset(options={"task": wrong})
    assert [env.step(m)[1] for m in env.expert()] == [0.0]


def test_the_random_action_space_writes_well_formed_calls(env):
    env.action_space.seed(0)
    for _ in range(100):
        thought, call = env.format.parse(env.action_space.sample(), env.specs)
        env.tools[call.name].check(call.arguments)
        assert thought
