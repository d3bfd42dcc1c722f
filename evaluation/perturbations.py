"""The same world under other words: environments whose prompt, tools or tables are called something else.

    env = make_perturbed("db", perturbation="tools")

What is perturbed is what a model reads and writes. The world, the task and the grader stay the same, and the world's
own expert plays through the same change, so that every perturbed task is still proved solvable.
"""

import re
import sqlite3
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from envs.core import AgentEnv, Solution
from envs.errors import ArgumentsError, UnknownToolError, UsageError, did_you_mean
from envs.format import ActionFormat
from envs.registry import env_class
from envs.types import Task, ToolCall, ToolSpec
from evaluation.worlds import make_world

__all__ = ["PERTURBATIONS", "RENAMES_TABLES", "make_perturbed"]

_FILE = Path(__file__).with_name("paraphrases.toml")
_PARAPHRASES = ("paraphrase-1", "paraphrase-2")
PERTURBATIONS = (*_PARAPHRASES, "tools", "tables")
RENAMES_TABLES = ("AgentTuning/Db-v0",)
"""Environments that have tables to rename."""
_WORDS = {
    "act": "perform",
    "add": "enter",
    "answer": "reply",
    "back": "previous",
    "bash": "shell",
    "book": "arrange",
    "cancel": "call_off",
    "change": "edit",
    "click": "tap",
    "count": "number",
    "create": "make",
    "decline": "refuse",
    "delete": "erase",
    "find": "locate",
    "finish": "conclude",
    "get": "fetch",
    "go": "walk",
    "list": "show",
    "look": "glance",
    "more": "continue",
    "move": "shift",
    "open": "unfold",
    "read": "view",
    "search": "look_up",
    "select": "choose",
    "send": "dispatch",
    "set": "adjust",
    "sql": "query",
    "tables": "schema",
    "take": "grab",
    "type": "fill",
    "update": "revise",
}
"""Other words for the parts of tools' names."""
_SQL = re.compile(r"(?P<text>'(?:[^']|'')*')|(?P<name>\w+)")


def make_perturbed(env: str, perturbation: str | None = None, **options: Any) -> AgentEnv:
    """Make an environment of which the model is told otherwise; as evaluation.run does where nothing is perturbed.

    Args:
        env: short name or id.
        perturbation: one of `PERTURBATIONS`: the system prompt in other words, every tool under another name, or every
            table of the SQL world under another name.
        options: of the environment's constructor.

    Raises:
        UsageError: no such environment or perturbation, or tables where there are none.
    """
    if perturbation is None:
        return make_world(env, **options)
    if perturbation not in PERTURBATIONS:
        near = did_you_mean(perturbation, PERTURBATIONS)
        raise UsageError(f"no perturbation {perturbation!r}.{near} Known: {', '.join(PERTURBATIONS)}")
    try:
        return _perturbed(env_class(env), perturbation)(**options)
    except TypeError as error:
        raise UsageError(f"{env}: {error}") from error


@cache
def _perturbed(cls: type[AgentEnv], perturbation: str) -> type[AgentEnv]:
    if perturbation == "tools":
        return type(f"RenamedTools{cls.__name__}", (_RenamedTools, cls), {})
    if perturbation == "tables":
        if cls.id not in RENAMES_TABLES:
            raise UsageError(f"{cls.id} has no tables to rename: that perturbation is for {', '.join(RENAMES_TABLES)}")
        return type(f"RenamedTables{cls.__name__}", (_RenamedTables, cls), {})
    number = _PARAPHRASES.index(perturbation)
    instructions = _paraphrases()["instructions"].get(cls.id)
    words = {"paraphrase": number} | ({"instructions": instructions[number]} if instructions else {})
    return type(f"Paraphrased{cls.__name__}", (_Paraphrased, cls), words)


@cache
def _paraphrases() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


# --- the system prompt ------------------------------------------------------------------------------------------------


class _Paraphrased(AgentEnv):
    """Other instructions, and a format that says the same in other words."""

    paraphrase: int

    def __init__(self, **options: Any):
        super().__init__(**options)
        words = {old: new[self.paraphrase] for old, new in _paraphrases()["format"][self.format.name].items()}
        self.format = type("Reworded", (_Reworded, type(self.format)), {"words": words})()


class _Reworded(ActionFormat):
    """A format whose prompt has other phrases. It reads and writes actions as ever."""

    words: Mapping[str, str]

    def system(self, instructions: str, tools: Mapping[str, ToolSpec]) -> str:
        text = super().system("", tools)
        for old, new in self.words.items():
            if old not in text:
                raise ValueError(f"the {self.name} prompt does not say {old!r}: bring {_FILE.name} up to date")
            text = text.replace(old, new)
        return instructions + text


# --- the tools --------------------------------------------------------------------------------------------------------


class _RenamedTools(AgentEnv):
    """Every tool has another name towards the model: in the prompt, in its messages, in what it is told of mistakes."""

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        # Instructions name the tools that end an episode; in other places these are words like any.
        cls.instructions = _reworded(cls.instructions, _new_names(n for n, tool in cls.tools.items() if tool.final))

    @property
    def specs(self) -> dict[str, ToolSpec]:
        return _renamed(super().specs)

    def prompt_of(self, task: Task) -> str:
        return self.format.system(self.instructions, _renamed({n: t.spec for n, t in self.tools_of(task).items()}))

    def write(self, call: ToolCall, thought: str = "") -> str:
        return super().write(replace(call, name=_new_names(self.tools)[call.name]), thought)

    def _run(self, call: ToolCall) -> str:
        names = _new_names(self.tools)
        own = {new: old for old, new in names.items()}.get(call.name)
        if own is None:
            near = did_you_mean(call.name, names.values())
            raise UnknownToolError(f"There is no tool {call.name[:60]!r}.{near} Tools: {', '.join(names.values())}.")
        try:
            return super()._run(replace(call, name=own))
        except ArgumentsError as mistake:
            raise ArgumentsError(_reworded(str(mistake), {own: call.name})) from None


def _renamed(specs: Mapping[str, ToolSpec]) -> dict[str, ToolSpec]:
    return {new: replace(specs[old], name=new) for old, new in _new_names(specs).items()}


def _new_names(names: Iterable[str]) -> dict[str, str]:
    """Another name for each, which is nobody's: in the words of `_WORDS`, where these help, else with `use_`."""
    names, new = list(names), {}
    for name in names:
        other = "_".join(_WORDS.get(word, word) for word in name.split("_"))
        while other in names or other in new.values():
            other = f"use_{other}"
        new[name] = other
    return new


def _reworded(text: str, names: Mapping[str, str]) -> str:
    """The text with whole words exchanged."""
    return re.sub(r"\w+", lambda found: names.get(found.group(), found.group()), text)


# --- the tables -------------------------------------------------------------------------------------------------------


class _RenamedTables(AgentEnv):
    """The SQL world with `tbl_` before the name of every table."""

    def score(self) -> float:
        task, data = self.task, self.task.data
        self.task = replace(task, data=data | {"gold": [self._with_new_tables(query) for query in data["gold"]]})
        try:
            return super().score()
        finally:
            self.task = task

    def solution(self) -> Solution:
        play, said = super().solution(), None
        while True:
            try:
                thought, call = play.send(said)
            except StopIteration:
                return
            if call.name == "sql":
                call = ToolCall("sql", {"query": self._with_new_tables(call.arguments["query"])})
            said = yield thought, call

    def _fresh(self):
        with closing(super()._fresh()) as database, closing(sqlite3.connect(":memory:")) as raw:
            raw.deserialize(database.serialize())
            self._tables = {name.casefold(): f"tbl_{name}" for name in database.schema()}
            for name in database.schema():
                raw.execute(f'ALTER TABLE "{name}" RENAME TO "tbl_{name}"')
            return type(database).from_bytes(raw.serialize())

    def _with_new_tables(self, query: str) -> str:
        """A statement with its tables renamed; what stands between quotes as a text is left alone.

        No column of this world has the name of a table, so every such word is one.
        """
        return _SQL.sub(lambda found: self._tables.get(found.group().casefold(), found.group()), query)
