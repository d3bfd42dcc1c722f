"""Policies: whatever writes the assistant's messages. A policy sees one `Episode` and answers with one `Reply`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from envs.core import AgentEnv
from envs.types import Message, Task
from rollout.trajectory import Usage

__all__ = ["ContextFull", "Episode", "Policy", "PolicyError", "Reply"]


class PolicyError(Exception):
    """The model or its server failed for good: the episode is invalid and owed again."""


class ContextFull(Exception):
    """The conversation no longer fits the model's context: the episode stops there, and counts."""


@dataclass
class Reply:
    """One assistant message, as written.

    Args:
        text: the message, never repaired, and without `reasoning`.
        finish: `stop`, or `length` when the token limit cut it.
        prompt_tokens, completion_tokens: as the server counted them, 0 where nobody did.
        token_ids: the sampled ids with the stop token, where known and where they are those of `text` alone.
        logprobs: one natural logarithm per sampled id.
        cached_tokens: those of the prompt that the server had computed before (its prefix cache).
        served: the name that the server gave the model which answered, and which replica that was; empty if unknown.
        origin: `text`, or `tools` for a native tool call rewritten into the environment's format.
        reasoning: what the model thought before the message, where it was shown. It is kept beside the record: never
            sent back, never trained on.
    """

    text: str
    finish: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    token_ids: list[int] | None = None
    logprobs: list[float] | None = None
    cached_tokens: int = 0
    served: str = ""
    origin: str = "text"
    reasoning: str = ""

    @property
    def usage(self) -> Usage:
        """The tokens of this call."""
        return Usage(self.prompt_tokens, self.completion_tokens, self.cached_tokens)


@dataclass
class Episode:
    """A running episode as a policy sees it. `messages` grows by one assistant and one user message a turn."""

    env: AgentEnv
    task: Task
    sample: int
    seed: int
    """Derived from (run seed, task, sample): the same episode gets the same seed whenever it runs."""
    messages: list[Message]
    on_env: Callable[..., Awaitable[Any]]
    """`await episode.on_env(function, *args)` runs on the environment's own thread, the only one that may touch it."""
    memory: dict[str, Any] = field(default_factory=dict)
    """A place for the policy to keep what belongs to this episode alone."""


class Policy(Protocol):
    """`name` is stored with every trajectory. `act` is called once a turn, many episodes at a time.

    It may also have a `meter`, which the engine sets to the run's (`rollout.meter`), and a `concurrency`: the calls
    that it takes at a time where none is asked for.

    Raises (from `act`):
        PolicyError: the server is down, refuses, or answers nonsense after all retries.
        ContextFull: the messages no longer fit.
    """

    name: str

    async def act(self, episode: Episode) -> Reply: ...

    async def close(self) -> None:
        """Release the client, the threads and the model."""
