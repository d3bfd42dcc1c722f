"""Our side of `engine.py`: `collect_tasks`, that is the engine, a `ChatPolicy`, and the store on disk."""

from collections.abc import Sequence
from pathlib import Path

from engine_task import MODEL, SEEN, SYSTEM, TURNS, measure, prompt

from envs import AgentEnv, Task, tool
from rollout.collect import collect_tasks
from rollout.store import Store


class Corridor(AgentEnv):
    """The task as a world."""

    id = "Benchmark/Corridor-v0"
    instructions = SYSTEM.partition("\n\nTools:")[0]

    @classmethod
    def tasks(cls, split: str) -> list[Task]:
        return []

    def setup(self, task: Task) -> None:
        self.steps = 0

    def state_key(self) -> str:
        return str(self.steps)

    def score(self) -> float:
        return float(self.steps == 3 * (TURNS - 1))

    @tool
    def walk(self, steps: int) -> str:
        """Walk some steps further."""
        self.steps += steps
        return SEEN

    @tool(final=True)
    def finish(self) -> str:
        """End the task."""
        return "The end."


def play(url: str, slots: int, numbers: Sequence[int], folder: Path) -> list[float]:
    tasks = [Task(Corridor.id, prompt(number)) for number in numbers]
    store = folder / "store.db"
    collect_tasks(
        tasks,
        f"{MODEL}@{url}",
        run="benchmark",
        store=store,
        concurrency=slots,
        live=slots,
        quiet=True,
        make_env=lambda env_id, **options: Corridor(**options),
    )
    with Store(store) as database:
        return [reward for (reward,) in database.db.execute("SELECT reward FROM trajectories")]


if __name__ == "__main__":
    assert Corridor().system_prompt == SYSTEM, "the other sides show another system prompt"
    measure(play)
