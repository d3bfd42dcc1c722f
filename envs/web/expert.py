"""The expert of the web world: it finds on the page what its next step needs, scrolling where it must."""

import json
import re
from collections.abc import Callable
from typing import Any

from envs.core import Solution
from envs.errors import WorldError
from envs.types import ToolCall

__all__ = ["find_element", "solve"]

_PART = re.compile(r", part (\d+) of (\d+)$")
_LONGEST = 80
"""Characters of an element's name that `observe.js` shows."""


def solve(steps: list[dict[str, Any]], observation: Callable[[], str]) -> Solution:
    """Play steps as `envs.web.templates.base.Scene` writes them.

    Args:
        steps: what to do, to which element (role, name, near) and why.
        observation: gives what is in sight.

    Raises:
        WorldError: an element or a text is nowhere on the page.
    """
    for step in steps:
        if step["do"] == "see":
            yield from _read_on(step, observation)
        elif "role" in step:
            number = yield from _look_for(step, observation)
            yield step["thought"], ToolCall(step["do"], {"element": number, **step["with"]})
        else:
            yield step["thought"], ToolCall(step["do"], step["with"])


def _read_on(step: dict[str, Any], observation: Callable[[], str]):
    """Scroll down until the text is in sight."""
    thought = step["thought"]
    while step["text"] not in observation():
        part, parts = _part(observation())
        if part == parts:
            raise WorldError(f"the page does not say {step['text']!r}")
        yield thought, ToolCall("scroll", {"direction": "down"})
        thought = step["further"]


def _look_for(step: dict[str, Any], observation: Callable[[], str]):
    """Scroll down, and at the end of the page up, until the element is in sight; return its number."""
    near, direction = step["near"], "down"
    while (number := find_element(observation(), step["role"], step["name"], near)) is None:
        part, parts = _part(observation())
        if near in observation():
            near = ""  # the element is the next of its name, in the part below
        if direction == "down" and part == parts:
            near, direction = step["near"], "up"
        if direction == "up" and part == 1:
            raise WorldError(f"there is no {step['role']} {step['name']!r} near {step['near']!r} on the page")
        yield step["further" if direction == "down" else "back"], ToolCall("scroll", {"direction": direction})
    return number


def _part(observation: str) -> tuple[int, int]:
    """Which part of the page an observation shows, and of how many."""
    found = next(filter(None, map(_PART.search, observation.split("\n"))), None)
    return (int(found[1]), int(found[2])) if found else (1, 1)


def find_element(observation: str, role: str, name: str, near: str = "") -> int | None:
    """The number of the element with this role and name that follows `near`: in the same line if in any, else below."""
    shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
    element = re.compile(rf"\[(\d+)\] {re.escape(role)} {re.escape(json.dumps(shown, ensure_ascii=False))}")
    lines = observation.split("\n")
    named = [number for number, line in enumerate(lines) if near in line]
    beside = (lines[number].partition(near)[2] for number in named) if near else ()
    below = lines[named[0] :] if named else ()
    return next((int(found[1]) for text in (*beside, *below) if (found := element.search(text))), None)
