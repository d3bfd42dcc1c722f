"""What the engine and the store themselves cost per turn: `python benchmarks/overhead.py`.

The policy and the environment cost nothing (a constant reply, a constant observation), so what is left is ours: the
episode loop, the hop to the environment's thread and back, parsing, recording, and with the store on, writing. Episodes
have 5 turns and messages of about 900 bytes. Prints two tables and one line of JSON.
"""

import asyncio
import gc
import json
import os
import platform
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import tyro
from rich.console import Console
from rich.table import Table

from envs import AgentEnv, Task, ToolCall, tool
from rollout.engine import run
from rollout.policy import Episode, Reply
from rollout.store import Store

TURNS = 5
TEXT = ("The quick brown fox jumps over the lazy dog, and the dog does not mind. " * 13)[:900]


class ConstantEnv(AgentEnv):
    """Says the same after every action and ends after `TURNS`."""

    id = "Benchmark/Constant-v0"
    instructions = TEXT

    @classmethod
    def tasks(cls, split: str) -> list[Task]:
        return []

    def setup(self, task: Task) -> None:
        self.turn = 0

    def state_key(self) -> str:
        return str(self.turn)

    def score(self) -> float:
        return 1.0

    @tool
    def say(self, text: str) -> str:
        """Say something."""
        self.turn += 1
        if self.turn == TURNS:
            self.end()
        return TEXT


class ConstantPolicy:
    """Writes the same action every turn, in no time."""

    name = "constant"

    def __init__(self):
        text = ConstantEnv().write(ToolCall("say", {"text": TEXT[:800]}), TEXT[:80])
        self.reply = Reply(text, prompt_tokens=1000, completion_tokens=200)

    async def act(self, episode: Episode) -> Reply:
        return self.reply

    async def close(self) -> None:
        """Nothing to release."""


def main(turns: int = 20_000, memory_turns: int = 100_000, concurrency: tuple[int, ...] = (1, 32, 256)) -> None:
    """Measure CPU per turn without and with the store, and the growth of memory.

    Args:
        turns: turns per measurement.
        memory_turns: turns of the memory measurement, which has the store on.
        concurrency: episodes at a time.
    """
    console = Console()
    measure(1_000, 32, store=True)  # warm-up: imports, the allocator
    marks = [memory_turns // 10, memory_turns // 2, memory_turns]
    memory = resident(marks, 32)
    rows = [{"slots": n, **measure(turns, n, store=False), **measure(turns, n, store=True)} for n in concurrency]

    table = Table("ms per turn", *(f"{n} slots" for n in concurrency))
    for name in list(rows[0])[1:]:
        table.add_row(name.replace("_", " "), *(f"{row[name]:.3f}" for row in rows))
    console.print(table)
    table = Table("turns stored", "resident MB", "growth")
    for mark, megabytes in memory.items():
        table.add_row(f"{mark:,}", f"{megabytes:.1f}", f"{megabytes - memory[marks[0]]:+.1f}")
    console.print(table)
    print(json.dumps({"python": platform.python_version(), "turns": turns, "ms_per_turn": rows, "resident_mb": memory}))


def measure(turns: int, concurrency: int, store: bool) -> dict[str, float]:
    """CPU (all threads) and wall milliseconds per turn."""
    plan, name = make_plan(turns), "engine_and_store" if store else "engine"
    gc.collect()
    cpu, wall = process_time(), perf_counter()
    asyncio.run(produce(plan, concurrency, store, marks=[]))
    cpu, wall = process_time() - cpu, perf_counter() - wall
    return {f"{name}_cpu": round(1000 * cpu / turns, 4), f"{name}_wall": round(1000 * wall / turns, 4)}


def resident(marks: list[int], concurrency: int) -> dict[int, float]:
    """Resident megabytes of this process when each number of turns was stored."""
    return asyncio.run(produce(make_plan(marks[-1]), concurrency, True, marks))


async def produce(plan: list, concurrency: int, store: bool, marks: list[int]) -> dict[int, float]:
    turns, seen = 0, {}
    slots = {"concurrency": concurrency, "live": concurrency}
    stream = run(plan, ConstantPolicy(), run="benchmark", **slots, make_env=lambda _: ConstantEnv())
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store.db") as database:
        async for trajectory in stream:
            assert trajectory.success, trajectory.error
            if store:
                database.add(trajectory)
            turns += len(trajectory.steps)
            if turns in marks:
                seen[turns] = resident_megabytes()
    return seen


def make_plan(turns: int) -> list[tuple[Task, int]]:
    return [(Task(ConstantEnv.id, TEXT, id=str(i)), 0) for i in range(turns // TURNS)]


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


if __name__ == "__main__":
    tyro.cli(main)
