"""`AgentEnv`: what an author of a world writes, and what the base class does with it.

An author writes an id, instructions, `tasks`, `setup`, `score`, `solve` and `@tool` methods. The base owns `reset`,
`step`, `close`, the system prompt, the parsing of actions, the clipping of observations and the end of an episode.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Generator, Iterator, Sequence
from typing import Any, ClassVar

import gymnasium

from envs.errors import FormatError, ModelError, UnknownToolError, UsageError, did_you_mean
from envs.format import get_format
from envs.spaces import ActionText, Text
from envs.tool import Tool
from envs.types import SPLITS, Task, ToolCall, ToolSpec, canonical_json

__all__ = ["AgentEnv", "Solution", "clip"]

Solution = Generator[tuple[str, ToolCall], str, None]
"""What `solve` returns: yields (thought, call), is sent the observation that followed, before the format wraps it."""


class AgentEnv(gymnasium.Env[str, str]):
    """A world in which an agent acts by text. The action is the assistant's whole message.

    A mistake of the model (wrong format, unknown tool, bad arguments, a `ToolError`) is the next observation and
    `info["error"]` names its kind; any other exception means that the machine broke.

    Args:
        split: where `reset` draws a task from when it is given none.
        format: how actions are written, a key of `envs.format.FORMATS`.
        max_turns: actions after which the episode is truncated.
        max_observation: characters of one observation; the middle of a longer one is cut and the cut is stated.
        max_format_errors: this many unreadable actions in a row truncate the episode.

    `info` after `step` holds `call` ({name, arguments} as executed, or None), `thought`, `error` (its kind, or None)
    and, when truncated, `stop` ("max_turns" or "format"). It is deterministic: no clock, no path.
    """

    id: ClassVar[str]
    """Versioned id, `Namespace/Name-v0`. A changed prompt, task or grader is a new version."""
    instructions: ClassVar[str]
    """First lines of the system prompt: who the agent is and what ends an episode."""
    licence: ClassVar[str] = "not stated"
    """Of the texts and data of its tasks, for data cards."""
    max_turns: ClassVar[int] = 12
    max_observation: ClassVar[int] = 1500
    tools: ClassVar[dict[str, Tool]] = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
        cls.tools = {name: t for name in names if isinstance(t := getattr(cls, name, None), Tool)}

    def __init__(
        self,
        split: str = "train",
        format: str = "react",
        max_turns: int | None = None,
        max_observation: int | None = None,
        max_format_errors: int = 3,
    ):
        if split not in SPLITS:
            raise UsageError(f"no split {split!r}.{did_you_mean(split, SPLITS)} Splits: {', '.join(SPLITS)}")
        self.split, self.format = split, get_format(format)
        self.max_turns = max_turns or type(self).max_turns
        self.max_observation = max_observation or type(self).max_observation
        self.max_format_errors = max_format_errors
        self.observation_space, self.action_space = Text(), ActionText(self)
        self.task: Task | None = None
        self.observation = ""
        """The last observation as the world gave it, before the format wraps it for the model."""
        self._ended = True

    # --- what an author writes -------------------------------------------------------------------------------------

    @classmethod
    @abstractmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        """The tasks of a split, a list or an endless `Generated`. Task `i` depends on (split, i) alone."""

    def setup(self, task: Task) -> str | None:
        """Build the world of `task`. Return text to show under the prompt (a first observation), or None."""

    @abstractmethod
    def score(self) -> float:
        """Grade the end state or the answer, in [0, 1]; 1 is success. Called once, after a tool ended the episode."""

    def solve(self) -> Solution:
        """Play the task perfectly: `observation = yield thought, ToolCall(...)`. Plays `task.reference` by default."""
        if not self.task.reference:
            raise UsageError(f"task {self.task.id} of {self.id} has no reference and the environment has no solver")
        for call in self.task.reference:
            yield "I take the next step of the known solution.", call

    def tools_of(self, task: Task) -> dict[str, Tool]:
        """The tools that an episode on `task` offers; by default all of them."""
        return self.tools

    def run_tool(self, call: ToolCall) -> str:
        """Check the arguments of a call and run it. Override to come between, as a flaky service does.

        Raises:
            ModelError: an unknown tool, wrong arguments, or what the tool itself says no to.
        """
        if call.name not in self.tools:
            near = did_you_mean(call.name, self.tools)
            raise UnknownToolError(f"There is no tool {call.name[:60]!r}.{near} Tools: {', '.join(self.tools)}.")
        chosen = self.tools[call.name]
        arguments = chosen.check(call.arguments)
        self._calls.append([call.name, call.arguments])
        return chosen.function(self, **arguments)

    def state_key(self) -> str:
        """A hash of the world's state, equal for equal states of one task. By default, of the calls made so far."""
        return hashlib.sha256(canonical_json([self.task.id, self._calls]).encode()).hexdigest()[:16]

    def screenshot(self) -> bytes | None:
        """What the world looks like now, as PNG; None where there is nothing to see, or it cannot be seen now."""
        return None

    def progress(self) -> float | None:
        """How far the task is solved, in [0, 1], for analysis only; None when the world cannot tell."""
        return None

    def violations(self) -> list[str]:
        """The rules of the world that the episode has broken so far, a sentence each, for analysis only."""
        return []

    # --- what the base does ------------------------------------------------------------------------------------------

    def end(self) -> None:
        """End the episode after the current tool; for a goal that is reached by acting rather than by a final tool."""
        self._ended = True

    @property
    def specs(self) -> dict[str, ToolSpec]:
        """What the model is told about each tool of the current episode."""
        return {name: t.spec for name, t in self.tools.items()}

    @property
    def system_prompt(self) -> str:
        """The system message of the current episode, written by its format."""
        return self.format.system(self.instructions, self.specs)

    def prompt_of(self, task: Task) -> str:
        """The system message of an episode on `task`, told without starting one."""
        return self.format.system(self.instructions, {name: t.spec for name, t in self.tools_of(task).items()})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Start an episode on `options["task"]`, or on one drawn from the split.

        Raises:
            UsageError: the task belongs to another environment, or the split has none.
        """
        super().reset(seed=seed)
        task = (options or {}).get("task") or self._draw()
        if task.env != self.id:
            raise UsageError(f"task {task.id} is for {task.env}, this environment is {self.id}")
        self.task, self._turn, self._format_errors, self._calls, self._ended = task, 0, 0, [], False
        self.tools = self.tools_of(task)
        first = self.setup(task)
        self.observation = f"{task.prompt}\n\n{first}" if first else task.prompt
        return self.observation, {"task": task.id}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Parse and run one action. The reward is 0 until a tool ends the episode, then `score()`."""
        if self._ended:
            raise gymnasium.error.ResetNeeded("call reset() before step(): the episode has ended or none was started")
        self._turn += 1
        call, thought, error = None, "", None
        try:
            thought, call = self._parse(action)
            said = self._run(call)
        except ModelError as mistake:
            said, error = str(mistake), mistake.kind
        self.observation = clip(said, self.max_observation)
        self._format_errors = self._format_errors + 1 if error == FormatError.kind else 0
        info = {"call": call and {"name": call.name, "arguments": call.arguments}, "thought": thought, "error": error}
        terminated, truncated = self._ended, False
        if not terminated and self._format_errors >= self.max_format_errors:
            truncated, info["stop"] = True, "format"
        elif not terminated and self._turn >= self.max_turns:
            truncated, info["stop"] = True, "max_turns"
        self._ended = terminated or truncated
        reward = float(self.score()) if terminated else 0.0
        return self.format.observe(self.observation), reward, terminated, truncated, info

    def solution(self) -> Solution:
        """The expert's play: the task's own reference when it carries one, else `solve()`."""
        return AgentEnv.solve(self) if self.task.reference else self.solve()

    def expert(self) -> Iterator[str]:
        """The expert's messages for the current episode; ask for the next one after stepping through the last."""
        solution = self.solution()
        observation = None
        while True:
            try:
                thought, call = solution.send(observation)
            except StopIteration:
                return
            yield self.write(call, thought)
            observation = self.observation

    def write(self, call: ToolCall, thought: str = "") -> str:
        """An action as text in this environment's format."""
        return self.format.write(call, thought, self.specs)

    def _parse(self, action: str) -> tuple[str, ToolCall]:
        try:
            action.encode()
        except UnicodeEncodeError:
            raise FormatError("The message contains an unpaired surrogate, which is not text.") from None
        return self.format.parse(action, self.specs)

    def _run(self, call: ToolCall) -> str:
        said = self.run_tool(call)
        self._ended = self._ended or self.tools[call.name].final
        return said

    def _draw(self) -> Task:
        tasks = self.tasks(self.split)
        if not len(tasks):
            raise UsageError(f"{self.id} has no tasks in split {self.split!r}; pass options={{'task': ...}}")
        return tasks[int(self.np_random.integers(len(tasks)))]


def clip(text: str, limit: int) -> str:
    """Keep the head and the tail of a long text and say how much was cut between them."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    return f"{text[:head]}\n[... {len(text) - limit} characters cut ...]\n{text[len(text) - (limit - head) :]}"
