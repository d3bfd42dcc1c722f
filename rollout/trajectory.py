"""What an episode leaves behind: the messages as they were sent, one step per action, and why it ended."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from envs.types import Message, Task

__all__ = ["Step", "Stop", "Trajectory", "Usage", "trajectory_id", "well_formed"]


class Stop(StrEnum):
    """Why an episode ended. The last three are the machine's doing: such an episode is never scored."""

    FINISHED = "finished"
    MAX_TURNS = "max_turns"
    CONTEXT = "context"
    FORMAT = "format"
    TIMEOUT = "timeout"
    POLICY_ERROR = "policy_error"
    ENV_ERROR = "env_error"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]

    @property
    def valid(self) -> bool:
        """Whether the episode says something about the policy, and so is scored."""
        return self not in (Stop.TIMEOUT, Stop.POLICY_ERROR, Stop.ENV_ERROR)


_SENTENCES = {
    Stop.FINISHED: "A tool ended the episode and it was scored.",
    Stop.MAX_TURNS: "The agent used all its turns without finishing.",
    Stop.CONTEXT: "The conversation no longer fits the model's context.",
    Stop.FORMAT: "Several messages in a row could not be read as an action.",
    Stop.TIMEOUT: "The episode ran past its deadline and was abandoned.",
    Stop.POLICY_ERROR: "The model or its server failed.",
    Stop.ENV_ERROR: "The environment broke.",
}


@dataclass
class Usage:
    """Tokens of one step or one episode, as the server counted them. Zero where nothing was counted."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Those of the prompt that the server had computed before."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
        )

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens - other.prompt_tokens,
            self.completion_tokens - other.completion_tokens,
            self.cached_tokens - other.cached_tokens,
        )


@dataclass
class Step:
    """One action and what followed. The texts themselves are in the trajectory's messages."""

    turn: int
    """1 for the first action."""
    thought: str = ""
    call: dict[str, Any] | None = None
    """What was executed, {name, arguments}; None when the message could not be read."""
    error: str | None = None
    """Kind of the model's mistake: format, unknown_tool, arguments, tool."""
    state_key: str = ""
    """Hash of the world after the action."""
    finish: str = "stop"
    """Why the model stopped writing: stop or length."""
    usage: Usage = field(default_factory=Usage)
    token_ids: list[int] | None = None
    """The sampled ids, stop token included, where the policy knows them."""
    logprobs: list[float] | None = None
    policy_seconds: float = 0.0
    env_seconds: float = 0.0
    origin: str = "text"
    """`text` as the policy wrote it, or `tools`: a native tool call rewritten into the environment's format."""
    reasoning: str = ""
    """What the model thought before the message, where it was shown: part of no message, so never sent nor trained."""


@dataclass
class Trajectory:
    """One episode, whole. `messages` is exactly what the policy saw and wrote: system, user, assistant, user, ...
    Those of demonstrations, after the system message, have the key `shot` and no step.

    `reward` is None unless `valid`. `success` means reward >= 1. `seconds` is the wall time of the episode.
    """

    run: str
    task: Task
    sample: int
    """Which of several attempts at the task this is, from 0."""
    policy: str
    format: str
    messages: list[Message]
    steps: list[Step]
    stop: Stop
    reward: float | None = None
    error: str | None = None
    """The exception's text when the machine failed."""
    seconds: float = 0.0
    served: str = ""
    """The names under which servers say they answered, distinct, sorted, joined by ", "."""
    screenshots: dict[int, bytes] = field(default_factory=dict, compare=False, repr=False)
    """PNG by turn, 0 before the first action, where they were asked for; the store keeps them as files."""

    @property
    def id(self) -> str:
        return trajectory_id(self.run, self.task.env, self.task.id, self.sample)

    @property
    def valid(self) -> bool:
        return self.stop.valid

    @property
    def success(self) -> bool:
        return self.valid and (self.reward or 0.0) >= 1.0

    @property
    def usage(self) -> Usage:
        return sum((step.usage for step in self.steps), Usage())


def trajectory_id(run: str, env: str, task: str, sample: int) -> str:
    """The identity of a row: unique on (run, env, task, sample), so that a resumed run writes the same ids."""
    return hashlib.sha256("\0".join([run, env, task, str(sample)]).encode()).hexdigest()[:16]


def well_formed(text: str) -> str:
    """Replace unpaired surrogates, which no server can be sent and no database can hold, by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
