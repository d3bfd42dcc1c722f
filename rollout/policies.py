"""Policies by name: `make_policy("gpt-4", Sampling())`, and the small ones without a model: expert, random, human."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from envs.errors import UsageError, did_you_mean
from rollout.manifest import Manifest
from rollout.policy import Episode, Policy, PolicyError, Reply

__all__ = ["ExpertPolicy", "HumanPolicy", "RandomPolicy", "Sampling", "make_policy"]

SPECS = (
    "expert",
    "random",
    "human",
    "replay:RUN",
    "smollm2",
    "smollm2+ADAPTER_DIR",
    "local:PATH",
    "MODEL",
    "MODEL@URL",
    "vllm:MODEL[+ADAPTER_DIR]",
    "vllm:NAME@URL[,URL...]",
)


@dataclass(frozen=True)
class Sampling:
    """How a model draws its tokens. Policies without a model ignore it.

    Args:
        temperature: divides the logits before the draw; 0 takes the likeliest token always (greedy).
        top_p: draws from the smallest set of tokens whose probabilities add up to this, in (0, 1].
        max_tokens: tokens of one reply, one turn; a longer one is cut and its `finish` is `length`.
        seed: makes the draw repeatable, together with each episode's own seed; None leaves it to the server.

    Raises:
        UsageError: a value is out of range.
    """

    temperature: float = 0.7
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int | None = None

    def __post_init__(self):
        if not 0 <= self.temperature <= 2:
            raise UsageError(f"temperature must be from 0 (greedy) to 2, not {self.temperature!r}")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top-p must be above 0 and at most 1, not {self.top_p!r}")
        if self.max_tokens < 1:
            raise UsageError(f"max-tokens must be at least 1, not {self.max_tokens!r}")
        if self.seed is not None and self.seed < 0:
            raise UsageError(f"the sampling seed must be 0 or more, not {self.seed!r}")

    def episode_seed(self, episode: Episode) -> int | None:
        """The seed of one episode's draws, below 2**31 as every server takes it; None when `seed` is None."""
        return None if self.seed is None else (self.seed + episode.seed) % 2**31


class ExpertPolicy:
    """Plays the environment's own solution."""

    name = "expert"

    async def act(self, episode: Episode) -> Reply:
        """Write the solution's next action.

        Raises:
            PolicyError: the solution is over and the episode is not: the world's solver is wrong.
        """
        text = await episode.on_env(_next_expert_message, episode)
        if text is None:
            turns = sum(message["role"] == "assistant" for message in episode.messages)
            raise PolicyError(
                f"the solution of task {episode.task.id} ({episode.task.env}) ended after {turns} actions, "
                "the episode did not"
            )
        return Reply(text)

    async def close(self) -> None:
        """Nothing to release."""


def _next_expert_message(episode: Episode) -> str | None:
    if "expert" not in episode.memory:
        episode.memory["expert"] = episode.env.expert()
    return next(episode.memory["expert"], None)


class RandomPolicy:
    """Calls random tools with random arguments that fit their schemas. Repeatable: seeded by the episode."""

    name = "random"

    async def act(self, episode: Episode) -> Reply:
        return Reply(await episode.on_env(_random_action, episode))

    async def close(self) -> None:
        """Nothing to release."""


def _random_action(episode: Episode) -> str:
    if "seeded" not in episode.memory:
        episode.memory["seeded"] = True
        episode.env.action_space.seed(episode.seed)
    return episode.env.action_space.sample()


class HumanPolicy:
    """Asks a person at the terminal, one episode at a time. An empty line ends the message, end of input gives up.

    Args:
        console: where the conversation is shown.
    """

    name = "human"
    concurrency = 1
    """A terminal has one reader: one episode at a time, where nothing else is asked for."""

    def __init__(self, console: Console | None = None):
        self._console = console or Console(soft_wrap=True)
        self._terminal = threading.Lock()
        self._shown: Episode | None = None

    async def act(self, episode: Episode) -> Reply:
        """Show what is new in the conversation and read the answer.

        Raises:
            PolicyError: the input has ended.
        """
        return Reply(await asyncio.to_thread(self._ask, episode))

    async def close(self) -> None:
        """Nothing to release."""

    def _ask(self, episode: Episode) -> str:
        with self._terminal:
            new = episode.messages[-1:] if self._shown is episode else episode.messages
            self._shown = episode
            for message in new:
                self._console.print(Rule(message["role"], align="left"), Text(message["content"]))
            self._console.print(Rule("your answer; an empty line sends it", align="left"))
            lines = []
            try:
                while line := self._console.input():
                    lines.append(line)
            except EOFError:
                raise PolicyError("the person at the terminal left (end of input)") from None
            return "\n".join(lines)


def make_policy(spec: str, sampling: Sampling, *, store: Path | None = None) -> Policy:
    """Make the policy that `--policy SPEC` names. A `vllm:` server is started or tried here, no other is sent anything.

    Args:
        spec: `expert`, `random`, `human`, `replay:RUN`, `smollm2`, `smollm2+ADAPTER_DIR`, `local:PATH` (a model or an
            adapter folder), `MODEL` (an OpenAI-compatible model, the server from OPENAI_BASE_URL), `MODEL@URL`, or
            `vllm:MODEL[+ADAPTER_DIR]` and `vllm:NAME@URL[,URL...]` (`rollout.vllm_policy`).
        sampling: how a model draws its tokens.
        store: the database in which `replay:RUN` finds its run.

    Raises:
        UsageError: the spec is not complete, what it names does not exist, or a key is missing.
    """
    name, colon, rest = spec.partition(":")
    small = {"expert": ExpertPolicy, "random": RandomPolicy, "human": HumanPolicy}
    if spec in small:
        return small[spec]()
    if colon and name == "replay":
        from rollout.replay_policy import ReplayPolicy

        if store is None:
            raise UsageError(f"{spec!r} needs the store that holds the run")
        return ReplayPolicy.from_store(store, rest)
    if spec.split("+")[0] == "smollm2" or (colon and name == "local"):
        return _local_policy(spec, sampling)
    if colon and name == "vllm":
        return _vllm_policy(spec, sampling)
    if not spec or spec in ("replay", "local", "vllm"):
        raise UsageError(f"no policy {spec!r}; the forms are {', '.join(SPECS)}")
    from rollout.chat_policy import ChatPolicy

    try:
        return ChatPolicy.from_spec(spec, sampling)
    except UsageError as error:
        near = did_you_mean(spec, [*small, "smollm2", "replay", "local", "vllm"])
        raise UsageError(f"{error}.{near}" if near else str(error)) from None


def _vllm_policy(spec: str, sampling: Sampling) -> Policy:
    from rollout.vllm_policy import VllmPolicy

    try:
        return VllmPolicy.from_spec(spec.removeprefix("vllm:"), sampling)
    except ModuleNotFoundError as error:
        raise UsageError(f"{spec!r} needs {error.name}: pip install 'agenttuning[train]'") from None


def _local_policy(spec: str, sampling: Sampling) -> Policy:
    path = Path(spec.removeprefix("local:" if spec.startswith("local:") else "smollm2+"))
    if spec != "smollm2" and (path == Path() or not path.is_dir()):
        raise UsageError(f"{spec!r}: there is no model folder {str(path)!r}")
    try:
        from rollout.local_policy import LocalPolicy
        from rollout.student import student_path
    except ModuleNotFoundError as error:
        raise UsageError(f"{spec!r} needs {error.name}: pip install 'agenttuning[train]'") from None
    if spec.startswith("local:"):
        return LocalPolicy.load(path, sampling, name=spec)
    if (path / "manifest.json").is_file() and (base := Manifest.read(path).base) != "smollm2":
        raise UsageError(f"{spec!r}: {path} was trained from {base}; write local:{path}")
    return LocalPolicy.load(student_path(), sampling, adapter=None if spec == "smollm2" else path, name=spec)
