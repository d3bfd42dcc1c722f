"""`@tool`: the signature is the schema, the docstring the description, and arguments are what the method asks for."""

import datetime
import enum
from typing import Annotated, Any, Literal, NotRequired

import pytest
from pydantic import Field
from typing_extensions import TypedDict

from envs import tool
from envs.errors import ArgumentsError
from envs.tool import Tool


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Place(TypedDict):
    x: int
    name: NotRequired[str]


class Route(TypedDict):
    """The way."""

    start: Place
    stops: list[Place]


def made(function) -> Tool:
    """The tool of a function, whose first parameter stands for `self`."""
    function.__doc__ = function.__doc__ or "Do it."
    return tool(function)


def properties(function):
    return made(function).spec.parameters["properties"]


# --- schema ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (Any, {}),
        (str | None, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (list[str], {"type": "array", "items": {"type": "string"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a"], {"type": "string", "const": "a"}),
        (Color, {"type": "string", "enum": ["red", "blue"]}),
        (Annotated[int, Field(ge=1)], {"type": "integer", "minimum": 1}),
    ],
)
def test_a_type_hint_becomes_a_schema(hint, schema):
    def go(self, value: hint): ...

    assert made(go).spec.parameters == {"type": "object", "properties": {"value": schema}, "required": ["value"]}


def test_nested_types_are_written_out_in_place():
    def go(self, route: Route): ...

    place = {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "name": {"type": "string"}},
        "required": ["x"],
    }
    assert properties(go)["route"] == {
        "type": "object",
        "description": "The way.",
        "properties": {"start": place, "stops": {"type": "array", "items": place}},
        "required": ["start", "stops"],
    }


def test_defaults_are_shown_and_make_a_parameter_optional():
    def go(self, to: str, n: int = 3, color: Color = Color.RED, options: dict[str, Any] = {"title": "x"}, end=None): ...  # noqa: B006

    go.__annotations__["end"] = str | None
    spec = made(go).spec
    assert spec.parameters["required"] == ["to"]
    assert {name: schema.get("default") for name, schema in spec.parameters["properties"].items()} == {
        "to": None,
        "n": 3,
        "color": "red",
        "options": {"title": "x"},
        "end": None,
    }


def test_a_tool_without_parameters():
    def look(self):
        """Look around."""

    spec = made(look).spec
    assert (spec.name, spec.description) == ("look", "Look around.")
    assert spec.parameters == {"type": "object", "properties": {}}
    assert spec.raw_parameter is None


@pytest.mark.parametrize(
    ("hint", "raw"),
    [(str, "value"), (int, None), (Literal["a", "b"], None), (Literal["a"], None), (str | None, None), (Color, None)],
)
def test_only_free_text_is_a_raw_parameter(hint, raw):
    def go(self, value: hint): ...

    assert made(go).spec.raw_parameter == raw


def test_the_docstring_describes_the_tool_and_its_parameters():
    def book(self, flight: str, place: Place, seats: int = 1):
        """Book a seat
        on a flight.

        More for the reader of the code: not for the model.

        Args:
            flight: its number, for
                example: LH 400
            place: where from
            seats: how many

        Returns:
            the ticket: a number
        """

    spec = made(book).spec
    assert spec.description == "Book a seat on a flight."
    described = {name: schema.get("description") for name, schema in spec.parameters["properties"].items()}
    assert described == {"flight": "its number, for example: LH 400", "place": "where from", "seats": "how many"}


def test_names_that_pydantic_uses_for_itself_are_free():
    def go(self, json: str, copy: int, schema: bool, title: str, properties: str, model_config: str): ...

    values = {"json": "a", "copy": 1, "schema": True, "title": "t", "properties": "p", "model_config": "m"}
    go = made(go)
    assert list(go.spec.parameters["properties"]) == list(values)
    assert go.check(values) == values


# --- class creation --------------------------------------------------------------------------------------------------


def test_a_tool_without_a_docstring_fails_where_it_is_written():
    with pytest.raises(TypeError, match="go needs a docstring"):

        class World:
            @tool
            def go(self, to: str) -> str:
                return to


def test_a_parameter_without_a_type_fails_where_it_is_written():
    with pytest.raises(TypeError, match="'to' needs a type hint"):

        class World:
            @tool(final=True)
            def go(self, to) -> str:
                """Go."""


@pytest.mark.parametrize("kind", ["*to", "**to", "to, /"])
def test_parameters_that_have_no_name_are_refused(kind):
    scope = {}
    exec(f"def go(self, {kind.replace('to', 'to: str')}):\n    'Go.'", scope)
    with pytest.raises(TypeError, match="'to' must be an ordinary named parameter"):
        tool(scope["go"])


def test_a_docstring_that_describes_what_is_not_there_is_refused():
    def go(self, to: str):
        """Go.

        Args:
            too: where
        """

    with pytest.raises(TypeError, match=r"describes \['too'\]"):
        tool(go)


def test_a_tool_is_still_a_method():
    class World:
        @tool(final=True)
        def go(self, to: str) -> str:
            """Go."""
            return f"{self.name} went to {to}"

        name = "Ann"

    assert World().go("Rome") == "Ann went to Rome"
    assert World.go.final
    assert World.go.call(World(), {"to": "Oslo"}) == "Ann went to Oslo"


# --- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "given", "taken"),
    [
        (int, 5, 5),
        (float, 5, 5.0),
        (str | None, None, None),
        (list[int], [], []),
        (Color, "red", Color.RED),
        (datetime.date, "2024-02-29", datetime.date(2024, 2, 29)),
        (tuple[int, int], [1, 2], (1, 2)),
        (Place, {"x": 1}, {"x": 1}),
        (Any, {"a": [None, 1.5]}, {"a": [None, 1.5]}),
    ],
)
def test_json_becomes_what_the_method_asks_for(hint, given, taken):
    def go(self, value: hint): ...

    value = made(go).check({"value": given})["value"]
    assert value == taken
    assert type(value) is type(taken)


@pytest.mark.parametrize(
    ("hint", "given"),
    [
        (int, "5"),
        (int, 5.5),
        (int, True),
        (int, None),
        (float, "1.5"),
        (str, 5),
        (bool, "true"),
        (bool, 1),
        (list[str], "abc"),
        (list[str], ["a", 1]),
        (dict[str, int], {"a": "1"}),
        (Literal["a", "b"], "c"),
        (Color, "green"),
        (Place, {"x": "1"}),
        (Place, {}),
        (Place, {"x": 1, "z": 2}),
        (Annotated[int, Field(ge=1)], 0),
        (str, "\ud800"),
    ],
)
def test_nothing_is_repaired(hint, given):
    def go(self, value: hint): ...

    with pytest.raises(ArgumentsError, match=r"^Wrong arguments for go: .*\. It takes: value\.$"):
        made(go).check({"value": given})


def test_a_wrong_call_is_told_what_is_missing_unknown_and_known():
    def book(self, flight: str, seats: int = 1): ...

    with pytest.raises(ArgumentsError) as caught:
        made(book).check({"fligth": "LH 400", "seats": "2"})
    text = str(caught.value)
    for part in ("flight: Field required", "fligth: Extra inputs", "seats: Input should be a valid integer"):
        assert part in text
    assert text.endswith("It takes: flight, seats.")


def test_a_tool_without_parameters_takes_none():
    def look(self): ...

    with pytest.raises(ArgumentsError, match="It takes: no arguments"):
        made(look).check({"at": "it"})


def test_defaults_are_filled_in_afresh():
    def go(self, stops: list[str] = []): ...  # noqa: B006

    go = made(go)
    go.check({})["stops"].append("Rome")
    assert go.check({}) == {"stops": []}
