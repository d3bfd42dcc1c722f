"""ALFWorld's games (Shridhar et al., arXiv 2010.03768), in our simulator or in TextWorld's engine.

    python -m rollout.collect --tasks alfworld:json_2.1.1/valid_seen --policy gpt-4

A game is a `game.tw-pddl` anywhere under a folder, or one line of a file of JSON lines (perhaps `.xz` or `.gz`) that
has `path`, its place in ALFWorld's folders, `pddl_problem`, `grammar` and, unless an `alfred.pddl` lies beside the
file, `pddl_domain`.
"""

import gzip
import json
import lzma
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from envs.errors import UsageError, did_you_mean
from envs.household.base import HouseholdBase, World
from envs.household.goals import read_goal
from envs.household.house import House
from envs.household.pddl import read_problem
from envs.household.simulator import Simulator
from envs.household.textworld_engine import TextWorldEngine
from envs.types import Task

__all__ = ["AlfworldEnv", "load"]

ENGINES = ("simulator", "textworld")
SPLIT_OF_FOLDER = {"train": "train", "valid_seen": "test", "valid_unseen": "novel"}
"""ALFWorld's folders and our splits; the innermost folder counts. A game from anywhere else is for testing."""
DIFFICULTIES = {
    "pick_and_place_simple": 2,
    "look_at_obj_in_light": 2,
    "pick_clean_then_place_in_recep": 3,
    "pick_heat_then_place_in_recep": 3,
    "pick_cool_then_place_in_recep": 3,
    "pick_two_obj_and_place": 4,
}


class AlfworldEnv(HouseholdBase):
    """A game of ALFWorld, won within 50 turns as its authors play it; AgentBench's rule is `max_turns=35`.

    It has no tasks of its own: `load` reads them from a folder or file.

    Args:
        engine: "simulator", ours, or "textworld", which plays the game's own file and needs `agenttuning[household]`.
        options: those of `HouseholdBase`.
    """

    id = "AgentTuning/Alfworld-v0"
    licence = "MIT (ALFWorld)"

    def __init__(self, *, engine: str = "simulator", **options):
        if engine not in ENGINES:
            raise UsageError(f"no engine {engine!r}.{did_you_mean(engine, ENGINES)} Known: {', '.join(ENGINES)}")
        self.engine = engine
        super().__init__(**options)

    @classmethod
    def tasks(cls, split: str) -> Sequence[Task]:
        return []

    def build(self, task: Task) -> World:
        if missing := {"house", "goal", "file", "line"} - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        self.goal = read_goal(task.data["goal"])
        if self.engine == "textworld":
            return TextWorldEngine(_game(Path(task.data["file"]), task.data["line"]))
        return Simulator(House.from_data(task.data["house"]), self.goal)

    def ask(self) -> dict[str, Any]:
        return self.goal.to_data()

    def progress(self) -> float | None:
        return self.goal.progress(self.world) if self.engine == "simulator" else None


def load(path: str | Path) -> list[Task]:
    """Read the solvable games of a folder or a file.

    Raises:
        UsageError: a game cannot be read; names the file, the line and what is wrong.
    """
    tasks = []
    for file, line, text in _texts(Path(path)):
        try:
            game = _parsed(text, ("path",) if line else ())
            if game.get("solvable", True):
                place = Path(game["path"]) if line else file.resolve()
                tasks.append(_task(game, place, {"file": str(file), "line": line}))
        except UsageError as error:
            raise UsageError(f"{file}{f', line {line}' if line else ''}: {error}") from None
    return tasks


def _task(game: dict[str, Any], place: Path, source: dict[str, Any]) -> Task:
    prompt = re.search(r"Your task is to: [^\"]+\.", game["grammar"])
    if not prompt:
        raise UsageError("its grammar has no 'Your task is to: ...'")
    house, goal = read_problem(game["pddl_problem"])
    return Task(
        env=AlfworldEnv.id,
        prompt=prompt[0],
        data={"house": house.to_data(), "goal": goal.to_data(), **source},
        split=next((SPLIT_OF_FOLDER[part] for part in reversed(place.parts) if part in SPLIT_OF_FOLDER), "test"),
        difficulty=DIFFICULTIES[goal.kind],
        template=goal.kind,
        id="/".join(place.parts[-3:-1]),
    )


def _texts(path: Path) -> Iterator[tuple[Path, int, str]]:
    """(file, line, JSON) of each game; line 0 means the whole file."""
    if path.is_dir() or path.suffix == ".tw-pddl":
        for file in sorted(path.rglob("game.tw-pddl")) if path.is_dir() else [path]:
            yield file, 0, file.read_text(encoding="utf-8")
    else:
        with _open(path) as lines:
            yield from ((path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def _parsed(text: str, needed: Iterable[str] = ()) -> dict[str, Any]:
    try:
        game = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"a game must be JSON: {error}") from None
    if not isinstance(game, dict):
        raise UsageError("a game must be a JSON object")
    if missing := {"pddl_problem", "grammar", *needed} - game.keys():
        raise UsageError(f"the game lacks {sorted(missing)}")
    return game


def _game(file: Path, line: int) -> dict[str, Any]:
    """One game again, with its domain.

    Raises:
        UsageError: the file that it was loaded from, or the domain, is not there.
    """
    if not file.exists():
        raise UsageError(f"the engine 'textworld' plays the game's own file, and {file} is not there")
    with _open(file) as lines:
        game = _parsed(next(islice(lines, line - 1, None)) if line else lines.read())
    domain = file.with_name("alfred.pddl")
    if "pddl_domain" not in game and not domain.exists():
        raise UsageError(f"the game has no pddl_domain, and there is no {domain}")
    return game if "pddl_domain" in game else {**game, "pddl_domain": domain.read_text(encoding="utf-8")}


def _open(path: Path) -> TextIO:
    return {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)(path, "rt", encoding="utf-8")
