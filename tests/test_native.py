"""Native tool calls: the request that a record becomes, the record that an answer becomes, and both in a circle."""

import asyncio
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from envs import AgentEnv, Solution, Task, ToolCall, ToolError, UsageError, tool
from envs.errors import FormatError
from envs.tool import Tool
from envs.types import ToolSpec
from rollout import native
from rollout.answers import read
from rollout.chat_policy import ChatPolicy
from rollout.engine import run
from rollout.policies import Sampling
from rollout.policy import Episode
from rollout.trajectory import Stop, well_formed
from tests.fake_server import FakeServer, completion


class Shop(AgentEnv):
    """Tools of every kind: plain text, JSON, optional parameters, none at all."""

    id = "Test/Shop-v0"
    instructions = "Buy what is asked for, then say done."

    @classmethod
    def tasks(cls, split: str) -> list[Task]:
        return [Task(cls.id, f"Buy {i}.", {"n": i}, split) for i in range(4)]

    def setup(self, task: Task) -> None:
        self.bought = 0

    def score(self) -> float:
        return float(self.bought == self.task.data["n"])

    def solve(self) -> Solution:
        yield "I buy.", ToolCall("buy", {"name": "tea", "n": self.task.data["n"]})
        yield "That is all.", ToolCall("done")

    @tool
    def search(self, query: str) -> str:
        """Search the shop."""
        return f"Found {query}."

    @tool
    def buy(self, name: str, n: int = 1) -> str:
        """Buy something."""
        if n < 0:
            raise ToolError("We take nothing back.")
        self.bought += n
        return f"Bought {n} {name}."

    @tool(final=True)
    def done(self) -> str:
        """End."""
        return "Bye."


def shop(format: str = "react", index: int = 2) -> Shop:
    env = Shop(format=format)
    env.reset(seed=0, options={"task": Shop.tasks("train")[index]})
    return env


def episode(env: Shop, *turns: str) -> Episode:
    """After the system message and the prompt, `turns` by the assistant and the user in turn."""
    messages = [{"role": "system", "content": env.system_prompt}, {"role": "user", "content": env.task.prompt}]
    for number, turn in enumerate(turns):
        messages.append({"role": "user" if number % 2 else "assistant", "content": turn})
    return Episode(env, env.task, 0, 5, messages, on_env=None)


def calling(name: str, arguments: object, content: str | None = None, **options) -> dict:
    """An answer with one native call."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    calls = [{"id": "call_x", "type": "function", "function": {"name": name, "arguments": written}}]
    return completion(content, **{"finish": "tool_calls", "tool_calls": calls} | options)


def sent(env: Shop, *turns: str) -> list[dict]:
    return native.request(episode(env, *turns), {"model": "tiny"})["messages"]


@pytest.mark.parametrize("format", ["react", "hermes"])
def test_a_record_becomes_a_native_request(format):
    env = shop(format)
    first, second = env.write(ToolCall("search", {"query": "tea"}), "I look."), "I give up."
    observed, unreadable = env.format.observe("Found tea."), env.format.observe("No action was found.")
    body = native.request(episode(env, first, observed, second, unreadable), {"model": "tiny", "seed": 3})
    assert body.keys() == {"model", "seed", "messages", "tools", "parallel_tool_calls"}
    assert body["parallel_tool_calls"] is False
    function = {"name": "search", "arguments": '{"query": "tea"}'}
    system, *rest = body["messages"]
    assert system["content"].startswith(f"{env.instructions}\n\n")
    assert "search" not in system["content"]
    assert rest == [
        {"role": "user", "content": "Buy 2."},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [{"id": "call00001", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "call00001", "content": "Found tea."},
        {"role": "assistant", "content": "I give up."},
        {"role": "user", "content": unreadable},
    ]


def test_a_call_of_an_unknown_tool_stays_text():
    env = shop()
    text, said = 'Thought: I fly.\nAction: fly\n{"to": "Bonn"}', "Observation: There is no tool 'fly'."
    assert sent(env, text, said)[2:] == [{"role": "assistant", "content": text}, {"role": "user", "content": said}]


def test_demonstrations_are_native_too_and_every_call_has_a_result():
    env = shop()
    shots = [
        'Thought: I buy.\nAction: buy\n{"name": "tea"}',
        "Observation: Bought 1 tea.",
        "Thought: So.\nAction: done",
    ]
    messages = sent(env, *shots, "Buy 3.")
    assert [message["role"] for message in messages[2:]] == ["assistant", "tool", "assistant", "tool", "user"]
    assert [message.get("tool_call_id") for message in messages[2:]] == [None, "call00001", None, "call00002", None]
    assert messages[-1]["content"] == "Buy 3."


def test_tools_are_strict_where_their_schema_allows():
    functions = {t["function"]["name"]: t["function"] for t in native.request(episode(shop()), {})["tools"]}
    assert functions["search"] == {
        "name": "search",
        "description": "Search the shop.",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string"}},
            "required": ["query"],
            "additionalProperties": False,
        },
        "strict": True,
    }
    assert functions["done"]["strict"]
    assert functions["buy"] == {
        "name": "buy",
        "description": "Buy something.",
        "parameters": Shop.tools["buy"].spec.parameters,
    }


@pytest.mark.parametrize(
    ("hint", "strict"),
    [
        (list[str], True),
        (list[dict[str, int]], False),
        (list, False),
        (dict, False),
        (tuple[int, str], False),
        (int | None, True),
    ],
)
def test_what_strict_mode_does_not_know_is_not_called_strict(hint, strict):
    def act(self, value) -> str:
        """Act."""

    act.__annotations__ = {"value": hint, "return": str}
    function = native._tool("act", Tool(act).spec)["function"]
    assert function.get("strict", False) is strict
    assert function["parameters"]["properties"] == Tool(act).spec.parameters["properties"]


def test_names_that_servers_refuse_are_sent_in_other_letters_and_come_back():
    env, spec = shop(), ToolSpec("math.add", "Add.", {"type": "object", "properties": {"n": {"type": "integer"}}})
    env.tools = {"math.add": type("Stub", (), {"spec": spec, "final": False})()}
    reply = read(calling("math_add", {"n": 1}), env)
    assert reply.text == 'Thought: \nAction: math.add\n{"n": 1}'
    body = native.request(episode(env, reply.text), {})
    assert body["tools"][0]["function"]["name"] == "math_add"
    assert body["messages"][-1]["tool_calls"][0]["function"]["name"] == "math_add"
    env.tools["math_add"] = env.tools["math.add"]
    with pytest.raises(UsageError, match=r"cannot tell math\.add from other tools"):
        native.request(episode(env), {})


def test_the_first_of_several_calls_is_the_action():
    whole = calling("search", {"query": "tea"}, "I look.")
    whole["choices"][0]["message"]["tool_calls"] += calling("done", {})["choices"][0]["message"]["tool_calls"]
    reply = read(whole, shop())
    assert (reply.text, reply.origin) == ("Thought: I look.\nAction: search\ntea", "tools")


def test_ids_of_a_rewritten_call_are_not_kept_and_reasoning_stands_aside():
    whole = calling("done", {}, "<think>Hm.</think>So.")
    whole["choices"][0]["token_ids"] = [1, 2]
    reply = read(whole, shop())
    assert (reply.text, reply.reasoning, reply.token_ids) == ("Thought: So.\nAction: done", "Hm.", None)


def test_an_answer_without_a_call_is_text():
    reply = read(completion("Thought: So.\nAction: done", tool_calls=[]), shop())
    assert (reply.text, reply.origin) == ("Thought: So.\nAction: done", "text")


@pytest.mark.parametrize("format", ["react", "hermes"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("buy", '{"name": "te'),
        ("buy", '"tea"'),
        ("buy", "[1]"),
        ("buy", '{"n": NaN}'),
        ("buy", '{"name": "\\ud800"}'),
        ("buy", "[" * 100_000),
        ("search", '{"query": "te'),
    ],
)
def test_arguments_that_are_no_json_object_are_the_models_mistake(format, name, arguments):
    env = shop(format)
    text = well_formed(read(calling(name, arguments, "I look."), env).text)
    assert text.startswith("I look.\n")
    with pytest.raises(FormatError):
        env.format.parse(text, env.specs)
    *_, info = env.step(text)
    assert info["error"] == "format"


@pytest.mark.parametrize("arguments", [{}, {"query": 5}, {"text": "tea"}, {"query": "tea", "n": 1}])
def test_arguments_that_plain_text_cannot_say_are_not_run_as_something_else(arguments):
    env = shop()
    *_, info = env.step(read(calling("search", arguments), env).text)
    assert (info["error"], info["call"]) == ("format", None)


@pytest.mark.parametrize("format", ["react", "hermes"])
def test_an_unknown_tool_and_wrong_arguments_are_counted_as_what_they_are(format):
    env = shop(format)
    assert env.step(read(calling("bay", {"name": "tea"}), env).text)[-1]["error"] == "unknown_tool"
    assert env.step(read(calling("buy", {"nmae": "tea"}), env).text)[-1]["error"] == "arguments"


@pytest.mark.parametrize("name", [" search", "x\nAction: search\ntea"])
def test_a_name_that_would_read_as_another_tool_runs_nothing(name):
    env = shop()
    assert env.step(read(calling(name, {"query": "tea"}), env).text)[-1]["error"] in ("format", "unknown_tool")


@pytest.mark.parametrize(("format", "marker"), [("react", "So\nAction: done"), ("hermes", "So <tool_call>")])
def test_a_thought_that_the_format_cannot_hold_is_left_out(format, marker):
    env = shop(format)
    assert env.format.parse(read(calling("buy", {"name": "tea"}, marker), env).text, env.specs) == (
        "",
        ToolCall("buy", {"name": "tea"}),
    )


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["\nAction:", "Thought:", "Action: done", "</tool_call>", "Observation: x", "\0", "\r\n", " ", "é北😀"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
known_calls = st.builds(ToolCall, st.just("search"), st.fixed_dictionaries({"query": words})) | st.builds(
    ToolCall, st.sampled_from(["buy", "done"]), st.dictionaries(words, values, max_size=3)
)


@pytest.mark.parametrize("format", ["react", "hermes"])
@given(call=known_calls, thought=words)
def test_any_call_survives_the_circle(format, call, thought):
    """From an answer to the canonical text, from there to the next request, and from that as an answer once more."""
    env = shop(format)
    try:
        env.write(call, thought)
    except ValueError:
        assume(False)
    text = read(calling(call.name, call.arguments, thought), env).text
    assert env.format.parse(text, env.specs) == (thought, call)
    message = sent(env, text)[-1]
    assert message["content"] == thought
    assert read({"choices": [{"message": message, "finish_reason": "tool_calls"}]}, env).text == text


@pytest.mark.parametrize("format", ["react", "hermes"])
@given(
    name=words | st.sampled_from(["search", "buy", "done"]),
    arguments=words | st.builds(json.dumps, values),
    thought=words,
)
def test_whatever_a_model_calls_is_run_as_it_meant_or_not_at_all(format, name, arguments, thought):
    env = shop(format)
    *_, info = env.step(well_formed(read(calling(name, arguments, thought), env).text))
    if info["call"] is None:
        assert info["error"] == "format"
    elif info["error"] != "unknown_tool":
        assert info["call"] == {"name": name, "arguments": json.loads(arguments or "{}")}


def test_an_episode_is_played_natively_and_kept_canonically():
    def answer(body):
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        return [
            calling("search", {"query": "tea"}, "I look.", reasoning_content="Hm."),
            calling("buy", '{"name": "te', finish="length"),
            calling("buy", {"name": "tea", "n": 2}, "I buy."),
            completion("Thought: So.\nAction: done"),
        ][turn]

    async def play(server):
        policy = ChatPolicy.from_spec(f"tiny@{server.url}?tools=native", Sampling())
        try:
            plan = [(Shop.tasks("train")[2], 0)]
            return [t async for t in run(plan, policy, run="r", make_env=lambda _, **options: Shop(**options))]
        finally:
            await policy.close()

    with FakeServer(answer) as server:
        (trajectory,) = asyncio.run(play(server))
        bodies = server.bodies
    assert (trajectory.stop, trajectory.success) == (Stop.FINISHED, True)
    assert trajectory.messages[0]["content"] == shop().system_prompt
    assert trajectory.messages[2]["content"] == "Thought: I look.\nAction: search\ntea"
    assert [step.origin for step in trajectory.steps] == ["tools", "tools", "tools", "text"]
    assert [step.error for step in trajectory.steps] == [None, "format", None, None]
    assert [step.reasoning for step in trajectory.steps] == ["Hm.", "", "", ""]
    assert all("Hm." not in json.dumps(body) for body in bodies)
    assert [message["role"] for message in bodies[-1]["messages"]] == [
        *("system", "user"),
        *("assistant", "tool"),
        *("assistant", "user"),
        *("assistant", "tool"),
    ]
