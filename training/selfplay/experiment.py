"""The folder of an experiment: its settings, its store, and the stages that are done.

    OUT/settings.json           what it was started with
    OUT/agenttuning.db          every episode of every run
    OUT/tasks/                  the tasks that are played, one file a purpose; general conversations
    OUT/start/                  the first checkpoint: its data, its model/, and STAGE.json for each finished stage
    OUT/round-1/, round-2/ ...  the same of each round
    OUT/control-2/              the same of the control of round 2
    OUT/summary.json, page.html what came of it

A stage is a function of what lies in the folder. Its file is written last, so killed at any moment, it runs again and
goes on by itself; what is done is read, not done again.
"""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from envs.errors import UsageError
from rollout.store import Store
from rollout.trajectory import Trajectory
from training.selfplay.config import Config

__all__ = ["PREPARED", "Experiment", "write_whole"]

PREPARED = "tasks/prepared"
"""The first stage. Until it is done, nothing was played, and all settings may change."""
_MAY_CHANGE = ("out", "rounds", "patience", "control")


class Experiment:
    """Opens the folder of an experiment, or makes it.

    Raises:
        UsageError: it holds an experiment with other settings, or something else.
    """

    def __init__(self, config: Config):
        self.config, self.folder = config, config.out
        self.store = self.folder / "agenttuning.db"
        self.news = False
        """Whether a stage was done since the last report."""
        self.console = Console(highlight=False, soft_wrap=True)
        settings = self.folder / "settings.json"
        given = config.model_dump(mode="json")
        begun = self.folder / f"{PREPARED}.json"
        if begun.is_file():
            before = json.loads(settings.read_text(encoding="utf-8"))
            if differing := _differences(before, given):
                raise UsageError(
                    f"{self.folder} holds an experiment with other settings: {'; '.join(differing)}. Only rounds, "
                    "patience and control may change; choose another out, or delete it"
                )
        elif not settings.is_file() and self.folder.is_dir() and any(self.folder.iterdir()):
            raise UsageError(f"{self.folder} is not empty and holds no experiment: choose another out")
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(settings, json.dumps(given, indent=2))

    def stage(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The result of a stage: what its file says, or what `work` returns, which is then written to that file.

        Args:
            name: of the stage and its file, as in `round-1/train`.
            work: does it; returns JSON values.

        Returns:
            The result and `seconds`, the time that the call of `work` took which finished it.
        """
        done = self.folder / f"{name}.json"
        if not done.is_file():
            self.console.rule(f"[bold]{escape(name)}", align="left")
            started = time.monotonic()
            result = {**work(), "seconds": round(time.monotonic() - started, 1)}
            write_whole(done, json.dumps(result, indent=2))
            self.news = True
        return json.loads(done.read_text(encoding="utf-8"))

    def episodes(self, runs: Iterable[str]) -> list[Trajectory]:
        """The episodes of stored runs, in their order."""
        with Store(self.store) as store:
            return [trajectory for run in runs for trajectory in store.select(run)]


def write_whole(path: Path, text: str) -> None:
    """Write a file, with its folder, so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(f"{text}\n", encoding="utf-8")
    part.replace(path)


def _differences(before: dict[str, Any], given: dict[str, Any], prefix: str = "") -> list[str]:
    phrases = []
    for key in [key for key in given if prefix or key not in _MAY_CHANGE]:
        then, now = before.get(key), given[key]
        if isinstance(then, dict) and isinstance(now, dict):
            phrases += _differences(then, now, f"{prefix}{key}.")
        elif then != now:
            phrases.append(f"{prefix}{key} was {then!r} and is now {now!r}")
    return phrases
