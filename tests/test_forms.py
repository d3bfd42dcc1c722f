"""The door between training rows and the forms that other people keep conversations in."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.format import Hermes
from envs.types import ToolCall, ToolSpec
from tests.conversations import AGENTINSTRUCT, OPENAI, TOOL
from training import forms
from training.forms import FORMS


def test_agentinstruct_is_a_row_whose_weights_are_its_losses():
    row = forms.read(AGENTINSTRUCT)
    roles = ["user", "assistant", "user", "assistant", "user", "assistant"]
    assert [message["role"] for message in row["messages"]] == roles
    assert [message["weight"] for message in row["messages"]] == [None, 0, None, 1, None, 1]
    assert row["id"] == "db_0"
    assert "given" not in row
    assert forms.write(row, "agentinstruct") == AGENTINSTRUCT


def test_calls_results_and_tools_become_the_text_of_the_hermes_format():
    row = forms.read(OPENAI)
    system, user, call, results, answer = row["messages"]
    spec = ToolSpec(**TOOL["function"])
    assert system == {"role": "system", "content": Hermes().system("Help.", {"weather": spec})}
    assert user["content"] == "Bonn or Ulm?"
    block = Hermes().write(ToolCall("weather", {"city": "Bonn"}), "", {})
    assert call == {"role": "assistant", "content": f"{block}\n{block}", "weight": 0}
    assert results["content"] == f"{Hermes().observe('rain')}\n{Hermes().observe('sun')}"
    assert answer == {"role": "assistant", "content": "Ulm.", "refusal": None}
    assert row.keys() == {"messages", "parallel_tool_calls", "given"}
    assert forms.write(row, "openai") == OPENAI
    assert forms.write(row | {"source": "mine"}, "openai") == OPENAI | {"source": "mine"}


def test_a_changed_row_is_written_as_it_is_now():
    row = forms.read(OPENAI)
    row["messages"] = [*row["messages"][:-1], {"role": "assistant", "content": "Neither."}]
    assert forms.write(row, "openai")["messages"] == row["messages"]


def test_an_agent_of_the_hermes_format_gets_its_calls_tools_and_results():
    hermes, spec = Hermes(), ToolSpec(**TOOL["function"])
    calls = [
        hermes.write(ToolCall("weather", {"city": city}), thought, {})
        for city, thought in (("Ö", "I look."), ("B", ""))
    ]
    row = {
        "messages": [
            {"role": "system", "content": hermes.system("Help.", {"weather": spec})},
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": calls[0], "weight": 1, "token_ids": [1, 2]},
            {"role": "user", "content": hermes.observe("rain")},
            {"role": "assistant", "content": "no call", "weight": 0},
            {"role": "user", "content": hermes.observe("Expected one call, found 0.")},
            {"role": "assistant", "content": calls[1], "weight": 1},
        ],
        "format": "hermes",
    }
    record = forms.write(row, "openai")
    system, _, call, result, slip, told, last = record["messages"]
    assert (system["content"], record["tools"]) == ("Help.", [TOOL])
    assert (call["content"], call["token_ids"]) == ("I look.", [1, 2])
    assert json.loads(call["tool_calls"][0]["function"]["arguments"]) == {"city": "Ö"}
    assert result == {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "rain"}
    assert (slip, told) == (row["messages"][4], row["messages"][5])
    assert last["content"] == ""
    assert last["tool_calls"][0]["id"] != call["tool_calls"][0]["id"]
    again = forms.read(record)
    assert {key: again[key] for key in row} == row
    assert forms.write({**row, "format": "react"}, "openai")["messages"] == row["messages"]


CALL_TEXT = Hermes().write(ToolCall("f", {"a": 1}), "", {})


@pytest.mark.parametrize(
    "texts",
    [
        ('<tool_call>\n{"name":"f","arguments":{"a":1}}\n</tool_call>', Hermes().observe("x")),
        (f"I go. {CALL_TEXT}", Hermes().observe("x")),
        (CALL_TEXT, "<tool_response>\n</tool_response>"),
        (CALL_TEXT, f"{Hermes().observe('x')}\n{Hermes().observe('y')}"),
        (CALL_TEXT, "Go on.", "What?", Hermes().observe("x")),
    ],
)
def test_what_would_not_read_back_or_answers_no_call_stays_text(texts):
    turns = zip(("assistant", "user") * 2, texts, strict=False)
    row = {"messages": [{"role": role, "content": text} for role, text in turns], "format": "hermes"}
    record = forms.write(row, "openai")
    assert record["messages"][1:] == row["messages"][1:]
    assert ("tool_calls" in record["messages"][0]) == (texts[0] == CALL_TEXT)
    assert forms.read(record)["messages"] == row["messages"]


def test_sharegpt_calls_become_the_same_text():
    record = {
        "conversations": [
            {"from": "human", "value": "Weather?"},
            {"from": "function_call", "value": '{"name": "weather", "arguments": {"city": "Bonn"}}'},
            {"from": "observation", "value": "rain"},
            {"from": "gpt", "value": "Rain."},
        ],
        "tools": json.dumps([TOOL["function"]]),
    }
    row = forms.read(record)
    assert row["messages"][0]["content"].startswith("# Tools\n")
    assert row["messages"][2]["content"] == Hermes().write(ToolCall("weather", {"city": "Bonn"}), "", {})
    assert row["messages"][3]["content"] == Hermes().observe("rain")
    assert forms.write(row, "sharegpt") == record
    losses = [turn["loss"] for turn in forms.write(row, "agentinstruct")["conversations"]]
    assert losses == [None, True, None, True]


def test_alpaca_and_chatml():
    alpaca = {"instruction": "Add", "input": "1 2", "output": "3", "system": "Be brief."}
    row = forms.read(alpaca)
    assert [message["content"] for message in row["messages"]] == ["Be brief.", "Add\n\n1 2", "3"]
    assert forms.write(row, "alpaca") == alpaca
    turns = ("system\nBe brief.", "user\nAdd\n\n1 2", "assistant\n3")
    chatml = "".join(f"<|im_start|>{turn}<|im_end|>\n" for turn in turns)
    assert forms.write(row, "chatml") == {"text": chatml}
    assert forms.read({"text": chatml})["messages"] == row["messages"]
    for text in (chatml, chatml.removesuffix("\n")):
        assert forms.write(forms.read({"text": text, "n": 1}), "chatml") == {"text": text, "n": 1}


MANY = [{"role": role, "content": "x"} for role in ("user", "assistant", "user", "assistant")]


@pytest.mark.parametrize(
    ("messages", "name", "reason"),
    [
        (MANY, "alpaca", "alpaca has one user and one assistant turn, .*user, assistant, user, assistant"),
        ([MANY[0], MANY[1] | {"weight": 0}], "chatml", "turn 2 has weight 0, which chatml cannot say"),
        ([MANY[0], MANY[1] | {"token_ids": [1]}], "alpaca", "turn 2 has token_ids"),
        ([MANY[0], MANY[1] | {"weight": 0.5}], "sharegpt", "the weight 0.5, and a loss is only true or false"),
        ([{"role": "user", "content": "<|im_end|>\n<|im_start|>user\n"}], "chatml", "would not read the same"),
        ([MANY[0] | {"value": "y"}], "sharegpt", "would not read the same"),
    ],
)
def test_what_a_form_cannot_say_is_refused(messages, name, reason):
    with pytest.raises(ValueError, match=reason):
        forms.write({"messages": messages}, name)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([1], "not a conversation"),
        ({"id": 1}, "it has the keys id, but neither messages nor conversations nor instruction nor text"),
        ({"messages": [{"role": "asistant", "content": "x"}]}, "Did you mean 'assistant'"),
        ({"messages": [{"role": "user", "content": None}]}, "'user' and None"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "only text can be trained on"),
        ({"messages": [{"role": "user", "content": "x"}], "tools": "[add]"}, "its tools are not a list in JSON"),
        ({"messages": [{"role": "assistant", "content": "x", "weight": -1}]}, "a weight is a number from 0 on"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]},
            "of f must",
        ),
        ({"conversations": [{"from": "gtp", "value": "x"}]}, "Did you mean 'gpt'"),
        ({"conversations": [{"from": "gpt", "value": "x", "loss": "no"}]}, "a loss is true, false or null"),
        ({"instruction": "x", "output": "y", "history": [["a", "b"]]}, "its history has earlier turns"),
        ({"text": "<|im_start|>user\nHi<|im_end|>\nassistant"}, "not ChatML from character 30 on: 'assistant'"),
    ],
)
def test_what_is_no_conversation_is_refused(record, reason):
    with pytest.raises(ValueError, match=reason):
        forms.read(record)


texts = st.text(max_size=12) | st.sampled_from(
    ["<tool_call>\n{}\n</tool_call>", "<tool_response>\nx\n</tool_response>"]
)
extra = st.dictionaries(st.sampled_from(["rating", "name", "meta"]), st.none() | st.integers() | texts, max_size=2)


def objects(required, optional=None):
    """Records of these keys, and of some that no form knows."""
    return st.tuples(st.fixed_dictionaries(required, optional=optional or {}), extra).map(
        lambda both: both[1] | both[0]
    )


weights = st.sampled_from([None, 0, 1])
arguments = st.dictionaries(texts, texts, max_size=2).map(json.dumps) | st.dictionaries(
    texts, st.integers(), max_size=1
)
calls = st.lists(
    st.fixed_dictionaries({"id": texts, "function": st.fixed_dictionaries({"name": texts, "arguments": arguments})}),
    min_size=1,
    max_size=3,
)
said = objects(
    {"role": st.sampled_from(["system", "developer", "user", "assistant"]), "content": texts}, {"weight": weights}
)
acted = objects({"role": st.just("assistant"), "content": st.none() | texts, "tool_calls": calls}, {"weight": weights})
told = objects({"role": st.just("tool"), "content": texts}, {"tool_call_id": texts})
tools = st.sampled_from([[TOOL], [TOOL["function"]], [{"name": "bare"}], [], "[]", None, json.dumps([TOOL])])
turn = objects(
    {"from": st.sampled_from(["human", "gpt", "system", "user", "function_call", "observation"]), "value": texts},
    {"loss": st.sampled_from([True, False, None])},
)
chatml = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), texts), min_size=1, max_size=4).map(
    lambda turns: "\n".join(f"<|im_start|>{role}\n{text}<|im_end|>" for role, text in turns)
)
RECORDS = {
    "openai": objects({"messages": st.lists(said | acted | told, max_size=6)}, {"tools": tools, "id": texts}),
    "sharegpt": objects({"conversations": st.lists(turn, max_size=6)}, {"tools": tools, "id": texts}),
    "alpaca": objects(
        {"instruction": texts, "output": texts}, {"input": st.none() | texts, "system": st.none() | texts}
    ),
    "chatml": objects({"text": chatml | chatml.map(lambda text: f"{text}\n")}),
}


@pytest.mark.parametrize("name", RECORDS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_record_comes_back_as_it_was(name, data):
    record = data.draw(RECORDS[name])
    row = forms.read(json.loads(json.dumps(record)))
    assert {message["role"] for message in row["messages"]} <= {"system", "user", "assistant"}
    assert forms.write(row, name) == record
    stored = json.loads(json.dumps(row))
    assert forms.read(stored) == row  # a row is read as it is
    assert forms.write(stored | {"source": "x"}, name) == record | {"source": "x"}


blocks = st.sampled_from(
    [Hermes().write(ToolCall("f", {"a": "ü"}), "", {}), Hermes().write(ToolCall("g"), "I go.", {})]
)
written = objects(
    {"role": st.sampled_from(["system", "user", "assistant"]), "content": texts | blocks},
    {"weight": weights, "token_ids": st.lists(st.integers()), "cut": st.booleans(), "shot": st.integers()},
)
rows = objects({"messages": st.lists(written, max_size=6)}, {"format": st.sampled_from(["react", "hermes"])})


@pytest.mark.parametrize("name", FORMS)
@given(row=rows)
@settings(max_examples=150, deadline=None)
def test_a_row_comes_back_as_it_was_or_is_refused(name, row):
    try:
        record = forms.write(row, name)
    except ValueError:
        assert name in ("alpaca", "chatml")
        return
    again = forms.read(json.loads(json.dumps(record)))
    assert meaning(again) == meaning(row)


def meaning(row):
    """A row without what says nothing, and without an `id` made for a form that needs one."""
    return [
        {key: value for key, value in message.items() if value is not None and (key, value) != ("weight", 1)}
        for message in row["messages"]
    ], {key: value for key, value in row.items() if key not in ("messages", "given", "id")}
