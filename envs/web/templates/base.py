"""What a task template is made of: a scene to draw from, steps that the expert takes, a draft to return."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from envs.records import Row
from envs.web.sites import SITES
from envs.web.sites.base import Site

__all__ = ["Draft", "Scene", "Template", "Unfit", "collect"]

_FURTHER = (
    "It is not in this part of the page, so I look further down.",
    "Not here yet; the page goes on below.",
    "I do not see it here. The next part of the page may have it.",
    "This part does not have it. I scroll.",
)
_BACK = (
    "It is not below either, so it must be further up.",
    "That was the end of the page. I go back up.",
)


class Unfit(Exception):
    """This site's content does not suit the template; another is grown."""


@dataclass(frozen=True)
class Draft:
    """A task with its solution; the steps are those that the scene was told to take.

    Args:
        prompt: what the user asks.
        closing: the expert's answer, "" where none is asked for.
        thought: the expert's thought before it ends.
        says: for each thing that the answer must say, its alternative wordings.
        never: what the answer must not say.
    """

    prompt: str
    thought: str
    closing: str = ""
    says: tuple[tuple[str, ...], ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """A family of tasks on one site: `make(scene)` returns a `Draft` or raises `Unfit`."""

    name: str
    difficulty: int
    site: str
    make: Callable[["Scene"], Draft]


def collect(templates: list[Template], difficulty: int, site: str):
    """Decorator that adds a function to a list of templates, under its name with dashes."""

    def add(make: Callable[["Scene"], Draft]) -> Callable[["Scene"], Draft]:
        templates.append(Template(make.__name__.replace("_", "-"), difficulty, site, make))
        return make

    return add


@dataclass
class Scene:
    """A site with its content, and the dice with which a template chooses.

    The steps are written down while the template runs and are played in the browser only when the expert plays. `gold`
    calls the same operation that the steps lead to, so that what follows can be read off `rows`.
    """

    site_name: str
    seed: str
    size: int
    novel: bool
    rng: random.Random
    start: str = "/"
    steps: list[dict[str, Any]] = field(default_factory=list)
    gold_steps: list[dict[str, Any]] = field(default_factory=list)
    mentions: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self):
        self.site: Site = SITES[self.site_name](self.seed, self.size, self.novel)

    @property
    def unfit(self) -> Unfit:
        """To be raised where this content does not suit the template."""
        return Unfit(f"the site {self.seed} does not suit")

    def rows(self, table: str, **equal: Any) -> list[Row]:
        """Records as they are after the gold operations so far."""
        return self.site.state.find(table, **equal)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options.

        Raises:
            Unfit: there is none.
        """
        if not options:
            raise self.unfit
        return self.rng.choice(options)

    def phrase(self, *phrasings: str, **words: Any) -> str:
        """One of several phrasings with its words filled in."""
        return self.pick(phrasings).format(**words)

    def gold(self, operation: str, **arguments: Any) -> None:
        """Do what the steps do, to the records."""
        self.gold_steps.append({"do": operation, "with": arguments})
        self.site.do(operation, **arguments)

    def click(self, thought: str, role: str, name: str, near: str = "") -> None:
        """Click an element: its role and name as the observation shows them, at or after a line that says `near`."""
        self._on_element("click", thought, role, name, near)

    def type(self, thought: str, role: str, name: str, text: str, enter: bool = False, near: str = "") -> None:
        """Write a text into a field."""
        more = {"text": text} | ({"enter": True} if enter else {})
        self._on_element("type", thought, role, name, near, **more)

    def select(self, thought: str, name: str, option: str, near: str = "") -> None:
        """Choose an option of a list."""
        self._on_element("select", thought, "select", name, near, option=option)

    def see(self, thought: str, text: str) -> None:
        """Read on, down the page, until it shows a text; nothing is done where it does already."""
        self.steps.append({"do": "see", "text": text, "thought": thought, "further": self.rng.choice(_FURTHER)})

    def act(self, thought: str, tool: str, **arguments: Any) -> None:
        """Call a tool that needs no element, such as `back`."""
        self.steps.append({"do": tool, "with": arguments, "thought": thought})

    def mention(self, table: str, column: str, *says: Sequence[str], never: Sequence[str] = ()) -> None:
        """Ask that new free text says something: the alternative wordings of each thing, and what it must not say."""
        wordings = [list(words) for words in says]
        self.mentions.append({"table": table, "column": column, "says": wordings, "never": list(never)})

    def data(self, draft: Draft) -> dict[str, Any]:
        """The task's data, see `envs.web.tasks`."""
        asked = bool(draft.says)
        last = {"do": "answer", "with": {"text": draft.closing}} if asked else {"do": "finish", "with": {}}
        answer = {"says": [list(words) for words in draft.says], "never": list(draft.never)} if asked else None
        return {
            "site": self.site_name,
            "seed": self.seed,
            "size": self.size,
            "novel": self.novel,
            "start": self.start,
            "gold": self.gold_steps,
            "mentions": self.mentions,
            "answer": answer,
            "steps": [*self.steps, last | {"thought": draft.thought}],
        }

    def close(self) -> None:
        self.site.close()

    def _on_element(self, tool: str, thought: str, role: str, name: str, near: str, **arguments: Any) -> None:
        element = {"role": role, "name": name, "near": near}
        element |= {"further": self.rng.choice(_FURTHER), "back": self.rng.choice(_BACK)}
        self.steps.append({"do": tool, **element, "with": arguments, "thought": thought})
