"""Action formats: what is written is read back, what is malformed is said to be, and nothing else ever happens."""

import json
import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from envs import ToolCall, ToolSpec, UsageError
from envs.errors import FormatError
from envs.format import FORMATS, get_format

STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def spec(name, properties=(), required=None, description="Do it."):
    properties = dict(properties)
    return ToolSpec(
        name,
        description,
        {"type": "object", "properties": properties, "required": list(properties) if required is None else required},
    )


TOOLS = {
    tool.name: tool
    for tool in [
        spec("sql", {"query": STRING}, description="Run one statement."),
        spec("note", {"text": STRING | {"default": ""}}, required=[]),
        spec("look"),
        spec("pick", {"color": {"enum": ["red", "blue"], "type": "string"}}),
        spec("book", {"flight": STRING, "seats": INTEGER | {"default": 1}}, required=["flight"]),
        spec("list", {"items": {"type": "array", "items": STRING}, "options": {"type": "object"}}),
    ]
}

MARKERS = ["\n", "\n\n", "Thought: ", "\nAction: ", "Action:", "<tool_call>", "</tool_call>", "<tool_call", '"', "\\"]
MARKERS += ["{", "}", "\\u003c", "<|im_end|>", "\r\n", "\x85", "\u2028", " ", "  ", "```", "null", "\x00"]
texts = st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(MARKERS), st.text(max_size=3))).map("".join))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
calls = st.one_of(
    st.builds(lambda query: ToolCall("sql", {"query": query}), texts),
    st.builds(lambda text: ToolCall("note", {} if text is None else {"text": text}), st.none() | texts),
    st.just(ToolCall("look")),
    st.builds(lambda color: ToolCall("pick", {"color": color}), st.sampled_from(["red", "blue"])),
    st.builds(
        lambda flight, more: ToolCall("book", {"flight": flight} | more), texts, st.just({}) | st.just({"seats": 2})
    ),
    st.builds(
        lambda a, b: ToolCall("list", {"items": a, "options": b}), st.lists(texts), st.dictionaries(texts, values)
    ),
)


def outcome(name, message):
    """(thought, call) or the format error, whichever comes of the message."""
    try:
        return FORMATS[name].parse(message, TOOLS)
    except FormatError as error:
        return error


@pytest.mark.parametrize("name", FORMATS)
@given(call=calls, thought=texts)
@example(call=ToolCall("sql", {"query": "SELECT '</tool_call>\n<tool_call>'"}), thought='It\'s "here":\n\n')
@example(call=ToolCall("sql", {"query": ""}), thought="")
@example(call=ToolCall("sql", {"query": "\nAction: sql\nSELECT 1"}), thought=" Action: sql")
def test_what_is_written_is_read_back(name, call, thought):
    written = FORMATS[name]
    assume("\nAction:" not in thought if name == "react" else "<tool_call>" not in thought)
    assert written.parse(written.write(call, thought, TOOLS), TOOLS) == (thought, call)


def test_hermes_tags_in_an_argument_do_not_close_the_call():
    """Servers look for the first closing tag."""
    written = FORMATS["hermes"].write(ToolCall("sql", {"query": "<tool_call>\n</tool_call>"}), "", TOOLS)
    assert written.count("<tool_call>") == written.count("</tool_call>") == 1


@pytest.mark.parametrize(("name", "thought"), [("react", "First.\nAction: sql"), ("hermes", "I write <tool_call> now")])
def test_a_thought_that_could_not_be_read_back_is_not_written(name, thought):
    with pytest.raises(ValueError, match="thought may not contain"):
        FORMATS[name].write(ToolCall("look"), thought, TOOLS)


@pytest.mark.parametrize("name", FORMATS)
@given(text=texts)
def test_any_text_is_an_action_or_a_format_error(name, text):
    for message in (text, f"Thought: {text}\nAction: book\n{text}", f"{text}<tool_call>{text}</tool_call>"):
        match outcome(name, message):
            case FormatError() as error:
                assert str(error).endswith(".")
            case thought, call:
                assert isinstance(thought, str)
                assert isinstance(call.name, str)
                assert isinstance(call.arguments, dict)


@given(arguments=values)
def test_json_that_is_no_object_is_no_argument(arguments):
    message = f"Thought: x\nAction: book\n{json.dumps(arguments)}"
    if isinstance(arguments, dict):
        assert FORMATS["react"].parse(message, TOOLS)[1].arguments == arguments
    else:
        with pytest.raises(FormatError, match="one JSON object"):
            FORMATS["react"].parse(message, TOOLS)


# --- react -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Thought: I count.\nAction: sql\nSELECT 1;\n", ("I count.", "sql", {"query": "SELECT 1;\n"})),
        ("\n Thought: a\nb\nAction:  sql  \n\n x", ("a\nb", "sql", {"query": "\n x"})),
        ("Thought:\nAction: look", ("", "look", {})),
        ("Thought: x\nAction: look\n  \n", ("x", "look", {})),
        ("Thought: x\nAction: look\n{}", ("x", "look", {})),
        ('Thought: x\nAction: book\n{"flight": "é", "seats": 2}', ("x", "book", {"flight": "é", "seats": 2})),
        ("Thought: x\nAction: note", ("x", "note", {})),
        ("Thought: x\nAction: fly\nto the moon", ("x", "fly", {"text": "to the moon"})),
        ("Thought: x\nAction: sql\nSELECT 1\nObservation: 1\nThought: y\nAction: look",
         ("x", "sql", {"query": "SELECT 1\nObservation: 1\nThought: y\nAction: look"})),
    ],
)  # fmt: skip
def test_react_reads(message, expected):
    thought, call = FORMATS["react"].parse(message, TOOLS)
    assert (thought, call.name, call.arguments) == expected


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("", "'Thought:' is missing"),
        ("SELECT 1", "'Thought:' is missing"),
        ("Action: sql\nSELECT 1", "'Thought:' is missing"),
        ("Thought: I think.", "'Action: tool name' is missing"),
        ("Thought: I think. Action: sql\nSELECT 1", "'Action: tool name' is missing"),
        ("Thought: x\nAction: sql", "The action sql has no argument"),
        ("Thought: x\nAction: book\nLH 400", "The argument of book must be one JSON object"),
        ('Thought: x\nAction: book\n["LH 400"]', "not a list"),
        ('Thought: x\nAction: book\n{"flight": NaN}', "must be one JSON object"),
        ('Thought: x\nAction: book\n{"flight": 1e999}', "must be one JSON object"),
        ('Thought: x\nAction: book\n{"flight": "\\ud800"}', "surrogates not allowed"),
        ("Thought: x\nAction: book\n" + "[" * 100_000, "must be one JSON object"),
        ('Thought: x\nAction: book\n{"seats": ' + "9" * 10_000 + "}", "must be one JSON object"),
    ],
)
def test_react_says_what_is_wrong(message, says):
    with pytest.raises(FormatError, match=says):
        FORMATS["react"].parse(message, TOOLS)


def test_the_react_prompt_is_short_and_says_how_each_argument_is_written():
    prompt = get_format("react").system("You look after flights.", TOOLS)
    assert prompt.startswith("You look after flights.\n")
    for line in (
        "sql(query: string): Run one statement.",
        'note(text: string = ""): Do it.',
        "look(): Do it.",
        'pick(color: "red"|"blue"): Do it.',
        "book(flight: string, seats: integer = 1): Do it.",
        "list(items: list[string], options: object): Do it.",
    ):
        assert f"\n{line}\n" in prompt
    assert "the argument as plain text (sql, note) or one JSON object (other tools)" in prompt


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"const": "a", "type": "string"}, '"a"'),
        ({"anyOf": [STRING, {"type": "null"}]}, "string|null"),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "list[list]"),
        ({"type": "object", "properties": {"x": INTEGER, "y": STRING}, "required": ["x"]}, "{x: integer, y?: string}"),
        ({"enum": ["é", 1, None]}, '"é"|1|null'),
        ({}, "any"),
    ],
)
def test_the_react_prompt_names_types_in_a_word(schema, word):
    prompt = FORMATS["react"].system("", {"go": spec("go", {"to": schema, "fast": {"type": "boolean"}})})
    assert f"go(to: {word}, fast: boolean)" in prompt


# --- hermes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>', ("", "look", {})),
        (' I look.\n\n<tool_call>{"arguments": {"a": 1}, "name": "f"}</tool_call> \n', (" I look.\n", "f", {"a": 1})),
        ('x\n<tool_call>\n{"name": "sql", "arguments": {"query": "</tool_call>"}}\n</tool_call>',
         ("x", "sql", {"query": "</tool_call>"})),
    ],
)  # fmt: skip
def test_hermes_reads(message, expected):
    thought, call = FORMATS["hermes"].parse(message, TOOLS)
    assert (thought, call.name, call.arguments) == expected


GOOD = '<tool_call>{"name": "look", "arguments": {}}</tool_call>'


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("", "Expected one call, found 0"),
        ('{"name": "look", "arguments": {}}', "Expected one call, found 0"),
        (GOOD + GOOD, "Expected one call, found 2"),
        ('<tool_call>{"name": "look", "arguments": {}}', "The call is not closed"),
        (GOOD + " and then?", "There is text after the call"),
        ("<tool_call>look</tool_call>", "The tool call must be one JSON object"),
        ("<tool_call>[]</tool_call>", "not a list"),
        ('<tool_call>{"name": "look"}</tool_call>', r"needs the keys name and arguments, found \['name'\]"),
        ('<tool_call>{"name": 1, "arguments": {}}</tool_call>', "needs the keys name and arguments"),
        ('<tool_call>{"name": "look", "arguments": "{}"}</tool_call>', "arguments must be a JSON object"),
        ('<tool_call>{"name": "sql", "arguments": {"query": "\\ud83d"}}</tool_call>', "surrogates not allowed"),
    ],
)
def test_hermes_says_what_is_wrong(message, says):
    with pytest.raises(FormatError, match=says):
        FORMATS["hermes"].parse(message, TOOLS)


TEMPLATE = """
{%- for message in messages %}
    {%- if message.role == "system" %}
        {{- "<|im_start|>system\n" + message.content }}
        {%- if tools %}
            {{- "\n\n# Tools\n\nYou may call one or more functions to assist with the user query." }}
            {{- "\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>" }}
            {%- for tool in tools %}{{- "\n" + (tool | tojson) }}{%- endfor %}
            {{- "\n</tools>\n\nFor each function call, return a json object with function name and arguments " }}
            {{- "within <tool_call></tool_call> XML tags:\n<tool_call>\n" }}
            {{- '{"name": <function-name>, "arguments": <args-json-object>}' }}
            {{- "\n</tool_call>" }}
        {%- endif %}
    {%- elif message.role == "assistant" %}
        {{- "<|im_start|>assistant" }}
        {%- if message.content %}{{- "\n" + message.content }}{%- endif %}
        {%- for call in message.tool_calls %}
            {{- '\n<tool_call>\n{"name": "' + call.name + '", "arguments": ' }}
            {{- (call.arguments | tojson) + "}\n</tool_call>" }}
        {%- endfor %}
    {%- elif message.role == "tool" %}
        {{- "<|im_start|>user\n<tool_response>\n" + message.content + "\n</tool_response>" }}
    {%- endif %}
    {{- "<|im_end|>\n" }}
{%- endfor %}
"""
"""What the Qwen 2.5 family's chat template makes of tools, calls and their results."""


@pytest.mark.parametrize("thought", ["", "I look it up."])
def test_hermes_is_what_a_qwen_template_renders(thought):
    jinja2 = pytest.importorskip("jinja2", reason="jinja2 comes with the train extra")
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    functions = [
        {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.parameters}}
        for t in TOOLS.values()
    ]
    call = ToolCall("book", {"flight": "Zürich", "seats": 2})
    rendered = environment.from_string(TEMPLATE).render(
        tools=functions,
        messages=[
            {"role": "system", "content": "You look after flights."},
            {"role": "assistant", "content": thought, "tool_calls": [vars(call)]},
            {"role": "tool", "content": "Booked."},
        ],
    )
    hermes = get_format("hermes")
    turns = [
        "system\n" + hermes.system("You look after flights.", TOOLS),
        "assistant\n" + hermes.write(call, thought, TOOLS),
        "user\n" + hermes.observe("Booked."),
    ]
    assert rendered == "".join(f"<|im_start|>{turn}<|im_end|>\n" for turn in turns)


# --- both ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("filler", [" ", "\n", "\nAction:", "<tool_call>", "</tool_call>", "{", '{"a":', "Thought: "])
def test_a_degenerate_message_is_read_in_no_time(name, filler):
    """Models that have lost the thread repeat themselves up to the token limit."""
    body = filler * 20_000
    for message in (
        body,
        f"Thought: x\nAction: a{body}b",
        f"<tool_call>{body}",
        f"<tool_call>{body}x</tool_call>{body}y",
    ):
        started = time.perf_counter()
        result = outcome(name, message)
        assert time.perf_counter() - started < 0.5
        assert not isinstance(result, FormatError) or len(str(result)) < 500


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'hermes'"):
        get_format("herms")


def test_an_optional_argument_is_marked_and_its_null_is_not_spelled_out():
    maybe = {"anyOf": [INTEGER, {"type": "null"}], "default": None}
    tools = {"find": spec("find", {"text": STRING, "limit": maybe}, required=["text"])}
    assert "\nfind(text: string, limit?: integer): Do it.\n" in get_format("react").system("You search.", tools)
