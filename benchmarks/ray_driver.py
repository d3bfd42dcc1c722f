"""What a run with Ray costs its driver, the single writer: `python benchmarks/ray_driver.py`.

The episodes are those of `overhead.py`: 5 turns, messages of about 900 bytes, a policy and an environment that cost
nothing. So the workers send as fast as they can, and what one episode costs the driver, with its row and its 5 rows of
steps, says how many episodes a second one driver can take. Prints one line of JSON.
"""

import asyncio
import json
import platform
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import psutil
import tyro
from overhead import TEXT, TURNS, ConstantEnv, ConstantPolicy, make_plan

from envs import Solution, ToolCall
from rollout import engine, ray_engine
from rollout.policies import Sampling
from rollout.store import Store
from rollout.trajectory import Trajectory


class SolvedEnv(ConstantEnv):
    """With a solution, so that workers can make its policy by name."""

    def solve(self) -> Solution:
        for _ in range(TURNS):
            yield TEXT[:80], ToolCall("say", {"text": TEXT[:800]})


def make_env(env_id: str) -> SolvedEnv:
    assert env_id == SolvedEnv.id
    return SolvedEnv()


def main(episodes: int = 5_000, workers: int = 2, live: int = 64) -> None:
    """Measure the store alone, then the driver with its workers.

    Args:
        episodes: how many.
        workers: Ray workers.
        live: episodes at a time, of all workers.
    """
    plan = make_plan(episodes * TURNS)
    with tempfile.TemporaryDirectory() as folder:
        store = write(asyncio.run(play(plan[:200])), episodes, Path(folder))
        driver = asyncio.run(drive(plan, workers, live, Path(folder)))
    print(json.dumps({"python": platform.python_version(), "episodes": episodes, "store": store, "driver": driver}))


async def play(plan: list) -> list[Trajectory]:
    return [t async for t in engine.run(plan, ConstantPolicy(), run="r", make_env=lambda _: ConstantEnv())]


def write(trajectories: list[Trajectory], episodes: int, folder: Path) -> dict[str, float]:
    """Write episodes under many run names: CPU milliseconds for one, and rows a second, steps included."""
    cpu, wall = process_time(), perf_counter()
    with Store(folder / "alone.db") as database:
        for index in range(episodes):
            trajectory = trajectories[index % len(trajectories)]
            trajectory.run = str(index // len(trajectories))
            database.add(trajectory)
    cpu, wall = process_time() - cpu, perf_counter() - wall
    return {"cpu_ms_per_episode": round(1000 * cpu / episodes, 3), "rows_per_s": round((1 + TURNS) * episodes / wall)}


async def drive(plan: list, workers: int, live: int, folder: Path) -> dict[str, float]:
    """Take a run's episodes from Ray workers and write them, after a first hundred in which all start."""
    stream = ray_engine.run(
        plan,
        "expert",
        Sampling(),
        address=str(workers),
        store=folder / "driver.db",
        run="benchmark",
        live=live,
        concurrency=live,
        make_env=make_env,
    )
    started, first = perf_counter(), 100
    with Store(folder / "driver.db") as database:
        seen = 0
        async for trajectory in stream:
            assert trajectory.success, trajectory.error
            database.add(trajectory)
            seen += 1
            if seen == first:
                ready, cpu, wall = perf_counter() - started, process_time(), perf_counter()
            if seen == len(plan):
                cpu, wall = process_time() - cpu, perf_counter() - wall
                resident = memory()
    return {
        "workers": workers,
        "live": live,
        "seconds_until_the_first_hundred": round(ready, 1),
        "cpu_ms_per_episode": round(1000 * cpu / (len(plan) - first), 3),
        "episodes_per_s": round((len(plan) - first) / wall),
        "resident_mb": resident,
    }


def memory() -> dict[str, int]:
    """Resident megabytes: of this process, of a worker, and of all that Ray runs besides."""
    below = psutil.Process().children(recursive=True)
    at_work = [process for process in below if "ray::Worker" in "".join(process.cmdline()[:1])]
    bytes_of = {
        "driver": psutil.Process().memory_info().rss,
        "worker": max(process.memory_info().rss for process in at_work),
        "ray": sum(process.memory_info().rss for process in below if process not in at_work),
    }
    return {name: round(count / 2**20) for name, count in bytes_of.items()}


if __name__ == "__main__":
    tyro.cli(main)
