"""What a task template is made of: a scene to draw from, a draft to return, a list to stand in."""

import posixpath
import random
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from envs.shell.content import Scenario, World, grow
from envs.shell.english import sentence
from envs.shell.tree import HOME, Node, Tree

__all__ = ["Draft", "Scene", "Template", "Unfit", "ask", "change", "collect", "step"]

T = TypeVar("T")


class Unfit(Exception):
    """This scenario or these files do not suit the template; another draw is made."""


@dataclass(frozen=True)
class Draft:
    """A task with its solution. Make one with `ask` or `change`.

    Args:
        prompt: the question or request.
        steps: what the expert does before it ends the episode, see `step`.
        answer: what a question's answer must be, see `envs.shell.grade.Answer`; None for a change.
        say: what the expert answers; `«name»` stands for what a step saved.
        changes: path to what must be there at the end, see `envs.shell.state`; None for nothing.
        jobs: processes that run from the start, see `envs.shell.jobs`.
        stopped: names of the jobs that must be gone at the end; the others must still run.
        started: processes that must run at the end beside the jobs, each {script, arguments}.
    """

    prompt: str
    steps: tuple[dict[str, Any], ...]
    answer: dict[str, Any] | None = None
    say: str = ""
    changes: Mapping[str, dict[str, Any] | None] = field(default_factory=dict)
    jobs: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    stopped: tuple[str, ...] = ()
    started: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Template:
    """A family of tasks: `make(scene)` returns a `Draft` or raises `Unfit`."""

    name: str
    difficulty: int
    make: Callable[["Scene"], Draft]


def collect(templates: list[Template], difficulty: int):
    """Decorator that adds a function to a list of templates, under its name with dashes."""

    def add(make: Callable[["Scene"], Draft]) -> Callable[["Scene"], Draft]:
        templates.append(Template(make.__name__.replace("_", "-"), difficulty, make))
        return make

    return add


@dataclass
class Scene:
    """A grown scenario and the dice with which a template chooses in it. `planted` is what it added, [path, node]."""

    scenario: Scenario
    seed: str
    size: int
    rng: random.Random
    planted: list[list[Any]] = field(default_factory=list)

    @cached_property
    def world(self) -> World:
        """The sheets, logs, settings and folders of the scenario, and the tree that holds them."""
        return grow(self.scenario, self.seed, self.size)

    @cached_property
    def _style(self) -> str:
        return self.rng.choice(("~", "absolute", "relative"))

    @property
    def tree(self) -> Tree:
        """All files, the planted ones too."""
        return self.world.tree

    def plant(self, path: str, node: Node | None) -> None:
        """Put a file, folder or link into the box, in place of what was there; None takes it away."""
        self.planted.append([path, node])
        self.tree.put(path, node)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options.

        Raises:
            Unfit: there is none.
        """
        if not options:
            raise Unfit
        return self.rng.choice(options)

    def some(self, options: Sequence[T], low: int, high: int) -> list[T]:
        """Between `low` and `high` of the options, in the order in which they stand.

        Raises:
            Unfit: there are fewer than `low`.
        """
        if len(options) < low:
            raise Unfit
        chosen = self.rng.sample(range(len(options)), self.rng.randint(low, min(high, len(options))))
        return [options[i] for i in sorted(chosen)]

    def moment(self) -> int:
        """A time in 2023 or the first half of 2024 that no file of the tree has, in seconds since 1970."""
        while True:
            moment = self.rng.randrange(1_672_617_600, 1_719_705_600)
            if all(file.modified != moment for file in self.tree.files.values()):
                return moment

    def phrase(self, *phrasings: str, **words: Any) -> str:
        """One of several phrasings with its words filled in."""
        return sentence(" ".join(self.pick(phrasings).format(**words).split()))

    def word(self, path: str) -> str:
        """A path as the expert writes it in a command, quoted; a task keeps to one way of writing paths."""
        if path == HOME:
            return "~" if self._style != "absolute" else HOME
        if not path.startswith(f"{HOME}/") or self._style == "absolute":
            return shlex.quote(path)
        below = shlex.quote(posixpath.relpath(path, HOME))
        return f"~/{below}" if self._style == "~" else below

    def name(self, path: str) -> str:
        """A path as a request mentions it: `~/photos` or `/home/user/photos`, absolute outside the home."""
        return path.replace(HOME, "~", 1) if path.startswith(HOME) and self._style != "absolute" else path


def ask(prompt: str, steps: Sequence[dict[str, Any]], answer: dict[str, Any], say: str, **rest: Any) -> Draft:
    """A question: graded on its answer, and on everything being as it was."""
    return Draft(prompt, tuple(steps), answer, say, **rest)


def change(
    prompt: str, steps: Sequence[dict[str, Any]], changes: Mapping[str, Any] | None = None, **rest: Any
) -> Draft:
    """A request: graded on every file and process being as they should be."""
    return Draft(prompt, tuple(steps), changes=changes or {}, **rest)


def step(kind: str, command: str, save: str = "", find: str = "", **words: Any) -> dict[str, Any]:
    """One command of the expert. It starts in the home; the shell keeps its folder between steps.

    Args:
        kind: a key of `envs.shell.thoughts.THOUGHTS`.
        command: bash; `«name»` stands for what an earlier step saved.
        save: name under which the output is kept, without white space at its ends.
        find: regular expression whose group 1 is kept instead of the whole output.
        words: what the thought's sentences are filled with, beside what was saved.
    """
    return {"kind": kind, "command": command, "save": save, "find": find, "words": words}
