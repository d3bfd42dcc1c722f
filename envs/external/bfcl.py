"""The Berkeley Function Calling Leaderboard as a held-out world (Patil et al. 2025; data and checkers of `bfcl-eval`).

Single-turn tasks offer functions that are not run: the calls are recorded and graded by BFCL's AST rule. Multi-turn
tasks run on BFCL's simulators, and are graded by their state and responses after every turn of the user. Here one
message is one call, so parallel calls come one after the other, and `answer` ends the turn.

    pip install --no-deps bfcl-eval==2026.3.23 && pip install mpmath

Without its dependencies, since they pin NumPy 1.26 and a dozen vendors' SDKs, of which the checkers use none.
"""

import importlib
import json
import sys
import threading
from dataclasses import dataclass
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

from envs.core import AgentEnv, Solution
from envs.errors import UsageError
from envs.external.bfcl_gold import example_call
from envs.external.bfcl_simulation import Simulation, parsed
from envs.tool import Tool, tool
from envs.types import Task, ToolCall, ToolSpec

__all__ = ["CATEGORIES", "BfclEnv", "load_category"]

_VERSION = "2026.3.23"
_AST = (
    "simple_python",
    "simple_java",
    "simple_javascript",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
)
_CALL_OR_NOT = ("irrelevance", "live_irrelevance", "live_relevance")
_MULTI_TURN = ("multi_turn_base", "multi_turn_miss_param")
CATEGORIES = (*_AST, *_CALL_OR_NOT, *_MULTI_TURN)
"""The categories that can be played. Not among them: those that need a web search or a memory backend, and the
multi-turn ones with functions withheld or with a context longer than an observation may be."""
_JSON_TYPES = {"dict": "object", "float": "number", "double": "number", "tuple": "array", "list": "array"}
_KNOWN_TYPES = {"object", "number", "array", "string", "integer", "boolean"}
_importing = threading.Lock()


@dataclass(frozen=True)
class _Function:
    """A function of BFCL, as the base class takes a tool."""

    spec: ToolSpec
    final: bool = False


class BfclEnv(AgentEnv):
    """A user's request and the functions that may serve it; in some tasks none does, or something is missing."""

    id = "AgentTuning/Bfcl-v0"
    licence = "Apache-2.0 (bfcl-eval)"
    instructions = (
        "Serve the user's requests with the functions below, one call at a time. Call nothing that does not serve the "
        "request. When a request is done, or cannot be done, say so with answer."
    )
    max_turns = 60
    max_observation = 4000

    @classmethod
    def tasks(cls, split: str) -> list[Task]:
        """All categories, in the split `novel`: held out, whatever a training set is made of."""
        return _everything() if split == "novel" else []

    def tools_of(self, task: Task) -> dict[str, Tool | _Function]:
        return {f["name"]: _Function(_spec(f)) for f in task.data["functions"]} | type(self).tools

    def setup(self, task: Task) -> None:
        self._made: list[dict[str, dict[str, Any]]] = []
        self._simulation = Simulation(task.data) if "turns" in task.data else None

    def run_tool(self, call: ToolCall) -> str:
        if not isinstance(self.tools.get(call.name), _Function):
            return super().run_tool(call)
        self._made.append({call.name: call.arguments})
        if self._simulation:
            return self._simulation.call(call.name, call.arguments)
        return "Called."

    @tool
    def answer(self, text: str) -> str:
        """Say that the request is done, or why it cannot be."""
        following = self._simulation.next_turn() if self._simulation else None
        if following is None:
            self.end()
            return "Answered."
        return f"The user says: {following}"

    def score(self) -> float:
        if self._simulation:
            return float(self._simulation.done and not self._simulation.failure)
        category = self.task.data["category"]
        if category in _CALL_OR_NOT:
            return float(bool(self._made) == ("irrelevance" not in category))
        return float(_ast_rule(self.task.data, self._made))

    def solve(self) -> Solution:
        data = self.task.data
        if self._simulation:
            turns = [[parsed(call, self._simulation.methods) for call in turn] for turn in data["gold"]]
        elif data["category"] == "live_relevance":
            # BFCL has no gold for these: any call at all is right.
            turns = [[ToolCall(data["functions"][0]["name"], {})]]
        else:
            turns = [[example_call(call, data["functions"], data["category"]) for call in data["gold"]]]
        for calls in turns:
            for call in calls:
                yield f"{call.name} serves the request.", call
            yield "There is nothing more to call.", ToolCall("answer", {"text": "That is all."})


def load_category(category: str) -> list[Task]:
    """The tasks of one of `CATEGORIES`.

    Raises:
        UsageError: `bfcl-eval` is not installed, or is another version than the one whose rules were checked.
    """
    answers = {row["id"]: row["ground_truth"] for row in _rows(f"possible_answer/BFCL_v4_{category}.json", missing=[])}
    tasks = []
    for row in _rows(f"BFCL_v4_{category}.json"):
        turns = [_text(turn) for turn in row["question"]]
        data = {"category": category, "functions": row.get("function", []), "gold": answers.get(row["id"], [])}
        if category in _MULTI_TURN:
            data["functions"] = [f for name in row["involved_classes"] for f in _documented(name)]
            data |= {"turns": turns, "classes": row["involved_classes"], "config": row["initial_config"]}
        difficulty = 5 if category in _MULTI_TURN else 3 if len(data["gold"]) > 1 else 1
        tasks.append(Task(BfclEnv.id, turns[0], data, "novel", difficulty, category, id=f"bfcl-{row['id']}"))
    return tasks


@cache
def _everything() -> list[Task]:
    return [task for category in CATEGORIES for task in load_category(category)]


def _rows(file: str, missing: list | None = None) -> list[dict[str, Any]]:
    from importlib.metadata import PackageNotFoundError, version
    from importlib.resources import files

    try:
        found = version("bfcl-eval")
    except PackageNotFoundError:
        found = "none"
    if found != _VERSION:
        raise UsageError(
            f"this needs bfcl-eval {_VERSION}, found {found}: "
            f"pip install --no-deps bfcl-eval=={_VERSION} && pip install mpmath"
        )
    path = files("bfcl_eval") / "data" / file
    if missing is not None and not path.is_file():
        return missing
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@cache
def _documented(name: str) -> list[dict[str, Any]]:
    config = importlib.import_module("bfcl_eval.constants.executable_backend_config")
    return _rows(f"multi_turn_func_doc/{config.MULTI_TURN_FUNC_DOC_FILE_MAPPING[name]}")


def _text(messages: list[dict[str, str]]) -> str:
    """One turn as text; who speaks is said where it is not the user alone."""
    if len(messages) == 1:
        return messages[0]["content"] or "(The user says nothing.)"
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)


def _spec(function: dict[str, Any]) -> ToolSpec:
    return ToolSpec(function["name"], function["description"], _schema(function["parameters"]))


def _schema(bfcl: Any) -> Any:
    """BFCL's schema, with the type names of Python, Java and JavaScript, as a JSON Schema."""
    if isinstance(bfcl, list):
        return [_schema(item) for item in bfcl]
    if not isinstance(bfcl, dict):
        return bfcl
    plain = {key: _schema(value) for key, value in bfcl.items()}
    if isinstance(kind := plain.get("type"), str):
        named = _JSON_TYPES.get(kind.lower(), kind.lower())
        plain["type"] = named if named in _KNOWN_TYPES else "string"
        if kind == "any":
            del plain["type"]
    return plain


def _ast_rule(data: dict[str, Any], calls: list[dict[str, dict[str, Any]]]) -> bool:
    """BFCL's verdict on the calls of a single-turn task."""
    enums = importlib.import_module("bfcl_eval.constants.enums")
    category = data["category"]
    language = {"simple_java": "JAVA", "simple_javascript": "JAVASCRIPT"}.get(category, "PYTHON")
    rule = _checker().ast_checker
    return rule(data["functions"], calls, data["gold"], enums.Language[language], category, "any")["valid"]


@cache
def _import_checker() -> ModuleType:
    """BFCL's checker, imported without the module of all vendors' handlers, of which it reads one flag."""
    name = "bfcl_eval.constants.model_config"
    there = sys.modules.get(name)
    sys.modules[name] = stand_in = ModuleType(name)
    stand_in.MODEL_CONFIG_MAPPING = {"any": SimpleNamespace(underscore_to_dot=False)}
    try:
        return importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
    finally:
        del sys.modules[name]
        if there:
            sys.modules[name] = there


def _checker() -> ModuleType:
    with _importing:  # environments on several threads may want it at once, and there is one table of modules
        return _import_checker()
