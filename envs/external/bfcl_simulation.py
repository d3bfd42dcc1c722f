"""BFCL's multi-turn tasks: its simulated services, held to the ground truth after every turn of the user."""

import ast
import copy
import importlib
import inspect
import json
from collections.abc import Iterator
from typing import Any

from envs.errors import ArgumentsError
from envs.types import ToolCall

__all__ = ["Simulation", "parsed"]


class Simulation:
    """BFCL's simulated services, twice: once for the agent, once for the ground truth that it is held to."""

    def __init__(self, data: dict[str, Any]):
        self.failure, self.done = "", False
        self._data, self._turn = data, 0
        self._agent, self._gold = (_simulators(data["classes"], data["config"]) for _ in range(2))
        self._responses: list[str] = []
        self._called = False
        self.methods = {name: getattr(box, name) for box in self._agent.values() for name in _public(box)}
        self._gold_methods = {name: getattr(box, name) for box in self._gold.values() for name in _public(box)}

    def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Run a function; its own failure is what it answers, as in BFCL."""
        try:
            inspect.signature(self.methods[name]).bind(**arguments)
        except TypeError as error:
            raise ArgumentsError(f"Wrong arguments for {name}: {error}.") from None
        said = _run(self.methods[name], arguments)
        self._called = True
        self._responses.append(said)
        return said

    def next_turn(self) -> str | None:
        """Hold the turn that ends against the ground truth, and return what the user says next, if anything."""
        checker = importlib.import_module("bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker")
        gold = [parsed(call, self._gold_methods) for call in self._data["gold"][self._turn]]
        wanted = [_run(self._gold_methods[call.name], call.arguments) for call in gold]
        if bool(gold) != self._called:
            self.failure = self.failure or f"turn {self._turn} {'needs a call' if gold else 'needs no call'}"
        elif gold:
            verdicts = (
                checker.state_checker(self._agent, self._gold),
                checker.response_checker(self._responses, wanted, self._turn),
            )
            wrong = [verdict["error_message"] for verdict in verdicts if not verdict["valid"]]
            self.failure = self.failure or "; ".join(wrong)
        self._turn, self._called = self._turn + 1, False
        self.done = self._turn == len(self._data["turns"])
        return None if self.done else self._data["turns"][self._turn]


def _simulators(classes: list[str], config: dict[str, Any]) -> dict[str, Any]:
    backend = importlib.import_module("bfcl_eval.constants.executable_backend_config")
    boxes = {}
    for name in classes:
        box = getattr(importlib.import_module(backend.CLASS_FILE_PATH_MAPPING[name]), name)()
        if name not in backend.STATELESS_CLASSES:
            box._load_scenario(copy.deepcopy(config.get(name, {})))
        boxes[name] = box
    return boxes


def _public(box: Any) -> Iterator[str]:
    return (name for name, _ in inspect.getmembers(box, inspect.ismethod) if not name.startswith("_"))


def _run(method: Any, arguments: dict[str, Any]) -> str:
    """Call a simulator and write its result as BFCL does."""
    try:
        result = method(**arguments)
    except Exception as error:  # BFCL's simulators raise at the model's mistakes, and BFCL shows the model the text
        return f"Error during execution: {error}"
    if isinstance(result, dict):
        try:
            return json.dumps(result)
        except TypeError:
            return str(result)
    return result if isinstance(result, str) else str(result)


def parsed(text: str, methods: dict[str, Any]) -> ToolCall:
    """A ground-truth call, written as Python, read without running it."""
    call = ast.parse(text.strip(), mode="eval").body
    names = list(inspect.signature(methods[call.func.id]).parameters)
    arguments = dict(zip(names, (ast.literal_eval(a) for a in call.args), strict=False))
    return ToolCall(call.func.id, arguments | {k.arg: ast.literal_eval(k.value) for k in call.keywords})
