"""`HouseholdBase`: the tools, the episode and its end, shared by our houses and by ALFWorld's games."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol

from envs.core import AgentEnv, Solution
from envs.errors import ToolError, UsageError, did_you_mean
from envs.household import plans
from envs.household.texts import NOTHING_HAPPENS
from envs.tool import tool
from envs.types import Task, ToolCall

__all__ = ["HouseholdBase", "World"]

TOOLS = ("act", "verbs")
VERBS = {
    "go_to": "go to {place}",
    "open_receptacle": "open {place}",
    "close_receptacle": "close {place}",
    "take": "take {object} from {place}",
    "move": "move {object} to {place}",
    "clean": "clean {object} with {place}",
    "heat": "heat {object} with {place}",
    "cool": "cool {object} with {place}",
    "slice": "slice {object} with {knife}",
    "use": "use {object}",
    "examine": "examine {thing}",
    "look": "look",
    "inventory": "inventory",
}
"""The command behind each tool of a verb."""
_PATTERNS = {name: re.compile(re.sub(r"{(\w+)}", r"(?P<\1>.+)", command)) for name, command in VERBS.items()}


class World(Protocol):
    """What plays an episode: our simulator, or TextWorld's engine."""

    @property
    def won(self) -> bool:
        """Whether the goal is met now."""

    def intro(self) -> str:
        """What the agent sees at first."""

    def act(self, command: str) -> str:
        """Carry out a command and say what happened."""

    def admissible(self) -> list[str]:
        """Every command that does something now, sorted."""

    def state_hash(self) -> str:
        """Equal for equal states of one world."""


class HouseholdBase(AgentEnv):
    """A house to act in by commands of text. The episode ends by itself as soon as the goal is met.

    Args:
        tools: "act", one tool that takes a whole command, or "verbs", one tool for each verb.
        options: those of `AgentEnv`.
    """

    instructions = (
        "You are in a house and act by short commands. Things are named with a number, like mug 1. "
        "You hold one thing at a time, and see what a closed place holds when you open it. "
        "The task ends by itself once it is done."
    )
    max_turns = 50
    world: World

    def __init__(self, *, tools: str = "act", **options):
        if tools not in TOOLS:
            raise UsageError(f"no set of tools {tools!r}.{did_you_mean(tools, TOOLS)} Known: {', '.join(TOOLS)}")
        unwanted = VERBS if tools == "act" else {"act"}
        self.tools = {name: each for name, each in type(self).tools.items() if name not in unwanted}
        super().__init__(**options)

    @abstractmethod
    def build(self, task: Task) -> World:
        """The world of a task, as it is at first.

        Raises:
            UsageError: the task's data is not such a world.
        """

    def setup(self, task: Task) -> str:
        self.world = self.build(task)
        return self.world.intro()

    def over(self) -> bool:
        """Whether the episode ends now: the goal is met."""
        return self.world.won

    def score(self) -> float:
        return float(self.world.won)

    def state_key(self) -> str:
        return self.world.state_hash()

    @abstractmethod
    def ask(self) -> Mapping[str, Any]:
        """What is asked for, as the expert's plans take it."""

    def solve(self) -> Solution:
        steps, observation = plans.solve(self.ask(), self.world.intro(), self.task.id), None
        while True:
            try:
                thought, command = steps.send(observation)
            except StopIteration:
                return
            observation = yield thought, self.call(command)

    def call(self, command: str) -> ToolCall:
        """A command as a call of the tools that this environment has."""
        if "act" in self.tools:
            return ToolCall("act", {"command": command})
        matches = ((name, pattern.fullmatch(command)) for name, pattern in _PATTERNS.items())
        return next(ToolCall(name, match.groupdict()) for name, match in matches if match)

    @tool
    def act(self, command: str) -> str:
        """Do one of: go to X, open X, close X, take X from Y, move X to Y, clean X with Y, heat X with Y,
        cool X with Y, slice X with Y, use X, examine X, look, inventory.
        """
        said = self.world.act(command)
        if said == NOTHING_HAPPENS:
            raise ToolError(said)
        if self.over():
            self.end()
        return said

    @tool
    def go_to(self, place: str) -> str:
        """Go there."""
        return self.act(VERBS["go_to"].format(place=place))

    @tool
    def open_receptacle(self, place: str) -> str:
        """Open it."""
        return self.act(VERBS["open_receptacle"].format(place=place))

    @tool
    def close_receptacle(self, place: str) -> str:
        """Close it."""
        return self.act(VERBS["close_receptacle"].format(place=place))

    @tool
    def take(self, object: str, place: str) -> str:
        """Take it."""
        return self.act(VERBS["take"].format(object=object, place=place))

    @tool
    def move(self, object: str, place: str) -> str:
        """Put it in or on a place."""
        return self.act(VERBS["move"].format(object=object, place=place))

    @tool
    def clean(self, object: str, place: str) -> str:
        """Clean it with a sinkbasin."""
        return self.act(VERBS["clean"].format(object=object, place=place))

    @tool
    def heat(self, object: str, place: str) -> str:
        """Heat it with a microwave."""
        return self.act(VERBS["heat"].format(object=object, place=place))

    @tool
    def cool(self, object: str, place: str) -> str:
        """Cool it with a fridge."""
        return self.act(VERBS["cool"].format(object=object, place=place))

    @tool
    def slice(self, object: str, knife: str) -> str:
        """Slice it."""
        return self.act(VERBS["slice"].format(object=object, knife=knife))

    @tool
    def use(self, object: str) -> str:
        """Turn it on."""
        return self.act(VERBS["use"].format(object=object))

    @tool
    def examine(self, thing: str) -> str:
        """Look at it closely."""
        return self.act(VERBS["examine"].format(thing=thing))

    @tool
    def look(self) -> str:
        """See where you are."""
        return self.act(VERBS["look"])

    @tool
    def inventory(self) -> str:
        """See what you hold."""
        return self.act(VERBS["inventory"])
