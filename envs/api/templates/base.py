"""What a task template is made of: a scene to draw from, steps that the expert takes, a draft to return."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from envs.api.desks import Desk
from envs.api.services import ALL_TOOLS
from envs.api.session import Session
from envs.api.world import World
from envs.records import Row

__all__ = ["Draft", "Scene", "Template", "Unfit", "collect"]


class Unfit(Exception):
    """This world does not suit the template; another is grown."""


@dataclass(frozen=True)
class Draft:
    """A task with its solution. The steps are those that the scene was told to take.

    Args:
        prompt: what the user asks.
        end: "answer" or "decline".
        says: for each thing that the closing words must say, its alternative wordings.
        never: what the closing words must not say.
        closing: the expert's closing words and the thought before them.
    """

    prompt: str
    closing: str
    thought: str
    says: tuple[tuple[str, ...], ...]
    never: tuple[str, ...] = ()
    end: str = "answer"


@dataclass(frozen=True)
class Template:
    """A family of tasks: `make(scene)` returns a `Draft` or raises `Unfit`. `desks` are where it can be asked."""

    name: str
    difficulty: int
    desks: tuple[str, ...]
    make: Callable[["Scene"], Draft]


def collect(templates: list[Template], difficulty: int, *desks: str):
    """Decorator that adds a function to a list of templates, under its name with dashes."""

    def add(make: Callable[["Scene"], Draft]) -> Callable[["Scene"], Draft]:
        templates.append(Template(make.__name__.replace("_", "-"), difficulty, desks, make))
        return make

    return add


@dataclass
class Scene:
    """A desk with a world, and the dice with which a template chooses.

    `take` plays the expert's calls while the template is written, so that a template reads ids, prices and dates from
    what a call gave and never invents them.
    """

    desk: Desk
    seed: str
    size: int
    novel: bool
    rng: random.Random
    steps: list[dict[str, Any]] = field(default_factory=list)
    user: dict[str, Any] = field(default_factory=lambda: {"knows": [], "confirms": []})
    consent: dict[str, Any] | None = None
    mentions: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: bool | None = None
    """Whether the desk's rules are shown; by default from difficulty 3 on."""

    def __post_init__(self):
        self._spec = {
            "services": list(self.desk.services),
            "seed": self.seed,
            "size": self.size,
            "novel": self.novel,
        }
        self._session = Session(self._spec)

    @property
    def unfit(self) -> Unfit:
        """To be raised where this world does not suit the template."""
        return Unfit(f"the world {self.seed} does not suit")

    @property
    def world(self) -> World:
        """The world as the steps taken so far have left it."""
        return self._session.world

    def rows(self, table: str, **equal: Any) -> list[Row]:
        """Records as they are now."""
        return self.world.state.find(table, **equal)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options.

        Raises:
            Unfit: there is none.
        """
        if not options:
            raise Unfit
        return self.rng.choice(options)

    def phrase(self, *phrasings: str, **words: Any) -> str:
        """One of several phrasings with its words filled in."""
        return self.pick(phrasings).format(**words)

    def take(self, thought: str, tool: str, **arguments: Any) -> str:
        """Let the expert call a tool of a service, and return what it says.

        Raises:
            ModelError: the call fails; plan a failure with `fail` instead.
        """
        self.steps.append({"tool": tool, "arguments": arguments, "thought": thought})
        return self._session.call(tool, arguments)

    def fail(self, thought: str, tool: str, says: str, **arguments: Any) -> None:
        """Let the expert meet a planned fault: the first call of `tool` fails with the text `says`."""
        self.faults[tool] = {"times": 1 + self.faults.get(tool, {"times": 0})["times"], "says": says}
        self.steps.append({"tool": tool, "arguments": arguments, "thought": thought})

    def ask(self, thought: str, question: str, about: Sequence[str], reply: str) -> None:
        """Let the expert ask the user, who answers questions that name one of the words `about`."""
        self.user["knows"].append({"about": list(about), "says": reply})
        self.steps.append({"tool": "ask_user", "arguments": {"question": question}, "thought": thought})

    def confirm(
        self,
        thought: str,
        summary: str,
        before: Sequence[str],
        says: Sequence[Sequence[str]],
        reply: str = "Yes, please go ahead.",
        accepts: bool = True,
    ) -> None:
        """Let the expert show the user a summary. Its last call decides what the consent must name.

        Args:
            before: tools that may not be called without this consent.
            says: for each particular that the summary must name, its alternative wordings.
            reply: what the user says to it.
            accepts: whether that is a yes.
        """
        self.consent = {"before": list(before), "says": [list(words) for words in says]}
        self.user["confirms"].append({"says": reply, "accepts": accepts})
        self.steps.append({"tool": "confirm_with_user", "arguments": {"summary": summary}, "thought": thought})

    def mention(self, table: str, column: str, *says: Sequence[str], **where: Any) -> None:
        """Ask that new text in a free column says something: the alternative wordings of each thing."""
        wordings = [list(words) for words in says]
        self.mentions.append({"table": table, "column": column, "where": where, "says": wordings})

    def data(self, draft: Draft, difficulty: int) -> dict[str, Any]:
        """The task's data, see `envs.api.tasks`."""
        (parameter,) = {"answer": ("text",), "decline": ("reason",)}[draft.end]
        last = {"tool": draft.end, "arguments": {parameter: draft.closing}, "thought": draft.thought}
        offered = self.desk.small if difficulty <= 2 else self.desk.large
        if unoffered := {s["tool"] for s in self.steps if s["tool"] in ALL_TOOLS} - set(offered):
            raise RuntimeError(f"the expert uses {sorted(unoffered)}, which the desk does not offer")
        return {
            "world": self._spec,
            "tools": list(offered),
            "rules": list(self.desk.rules) if difficulty >= 3 or self.rules else [],
            "steps": [*self.steps, last],
            "end": {"tool": draft.end, "says": [list(words) for words in draft.says], "never": list(draft.never)},
            "user": self.user,
            "consent": self.consent,
            "mentions": self.mentions,
            "faults": self.faults,
        }

    def close(self) -> None:
        self._session.close()
