"""A world that costs nothing and misbehaves on demand, for tests of everything around an environment."""

import threading
import time
from collections.abc import Sequence

from envs import AgentEnv, Solution, Task, ToolCall, ToolError, UsageError, WorldError, tool
from rollout.policy import Episode, Reply

__all__ = ["RELEASE", "ToyEnv", "ToyPolicy", "make_toy", "toy_task"]


RELEASE = threading.Event()
"""Sets free the environments whose trouble is "hang"."""


class ToyEnv(AgentEnv):
    """Add numbers until a total is reached. The task's `data["trouble"]` says what goes wrong, and where."""

    id = "Toy/Echo-v0"
    instructions = "Add numbers until the total is the goal, then say done."
    max_turns = 8

    @classmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        return [toy_task(i, split=split) for i in range(20)]

    def setup(self, task: Task) -> None:
        self.thread = threading.get_ident()
        self.total = 0
        if task.data.get("trouble") == "setup":
            raise OSError("no space left on device")

    def score(self) -> float:
        if self.task.data.get("trouble") == "score":
            return float("nan")
        return float(self.total == self.task.data["goal"])

    def state_key(self) -> str:
        assert self.thread == threading.get_ident(), "an environment was touched from another thread"
        return str(self.total)

    def solve(self) -> Solution:
        if self.task.data.get("trouble") == "unsolvable":
            raise UsageError(f"task {self.task.id} has no solution")
        for _ in range(self.task.data["goal"]):
            yield "One more.", ToolCall("add", {"number": 1})
        yield "That is it.", ToolCall("done")

    def close(self) -> None:
        assert getattr(self, "thread", threading.get_ident()) == threading.get_ident()

    @tool
    def add(self, number: int) -> str:
        """Add a number to the total."""
        match self.task.data.get("trouble"):
            case "hang":
                RELEASE.wait()
            case "slow":
                time.sleep(0.05)
            case "broken":
                raise WorldError("the world fell apart")
            case "bug":
                raise KeyError("missing")
            case "exit":
                raise SystemExit(3)
        if number < 0:
            raise ToolError("only positive numbers")
        self.total += number
        return f"The total is {self.total}."

    @tool(final=True)
    def done(self) -> str:
        """Say that the goal is reached."""
        return "Done."


def toy_task(index: int, trouble: str = "", goal: int = 3, **fields) -> Task:
    """Task `index`, of difficulties 1 to 5 in turn."""
    fields = {"difficulty": index % 5 + 1, "template": f"goal-{index % 4}"} | fields
    return Task(ToyEnv.id, f"Task {index}: reach {goal}.", {"goal": goal, "trouble": trouble}, **fields)


def make_toy(env_id: str, **options) -> ToyEnv:
    """What `envs.make` is for registered environments."""
    if env_id != ToyEnv.id:
        raise UsageError(f"no environment {env_id!r}")
    return ToyEnv(**options)


class ToyPolicy:
    """Writes the lines of a script, one a turn, the last one again and again. Exceptions in it are raised.

    Without a script it plays the environment's own solution.
    """

    name = "toy"

    def __init__(self, *script: str | BaseException):
        self.script = script
        self.seen: list[Episode] = []

    async def act(self, episode: Episode) -> Reply:
        turn = sum(message["role"] == "assistant" for message in episode.messages)
        if turn == 0:
            self.seen.append(episode)
        if not self.script:
            return Reply(await episode.on_env(self._expert, episode), prompt_tokens=10, completion_tokens=2)
        line = self.script[min(turn, len(self.script) - 1)]
        if isinstance(line, BaseException):
            raise line
        return Reply(line)

    @staticmethod
    def _expert(episode: Episode) -> str:
        solution = episode.memory.setdefault("solution", episode.env.expert())
        return next(solution)

    async def close(self) -> None:
        pass
