"""TextWorld (Côté et al., arXiv 1806.11532): text adventures generated from a seed, with a quest of growing length.

    pip install 'agenttuning[textworld]'
    python -m rollout.collect --env textworld --split novel --policy gpt-4

A held-out world: a task whose split is not `novel`, which `training.dataset` refuses, is not played.
"""

import random
import re
import warnings
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from envs.core import AgentEnv
from envs.errors import ToolError, UsageError
from envs.scratch import scratch_folder
from envs.tool import tool
from envs.types import Generated, Task, ToolCall

__all__ = ["TextworldEnv"]

LEVELS = {
    1: {"rooms": 1, "objects": 4, "quest": 3, "guided": True},
    2: {"rooms": 3, "objects": 6, "quest": 4, "guided": True},
    3: {"rooms": 3, "objects": 8, "quest": 5, "guided": False},
    4: {"rooms": 6, "objects": 12, "quest": 7, "guided": False},
    5: {"rooms": 9, "objects": 16, "quest": 10, "guided": False},
}
"""{difficulty: the game's size}. `quest` is how long its solution is at most; a guided game names every command."""
VERBS = "look goal inventory examine go open close take drop put insert lock unlock eat".split()
"""What the game's own help lists. The interpreter knows others, which write files or start over."""
_PROMPT = re.compile(r"\s*\n>\s+-= .*", re.S)
"""The interpreter's prompt and status line, with which a text ends."""


class TextworldEnv(AgentEnv):
    """One generated game. Texts and rules are TextWorld's; the game ends when its quest is done, which is success.

    Raises:
        UsageError: the package is not installed.
    """

    id = "AgentTuning/Textworld-v0"
    licence = "MIT (TextWorld)"
    instructions = (
        "You play a text adventure, one command a message, until its quest is done. Commands: look, goal, inventory, "
        "examine X, go north (or east, south, west), open X, close X, take X, take X from Y, drop X, put X on Y, "
        "insert X into Y, lock X with Y, unlock X with Y, eat X."
    )
    max_turns = 50

    def __init__(self, split: str = "novel", **options: Any):
        super().__init__(split, **options)
        if not find_spec("textworld"):
            raise UsageError(f"{self.id} needs the package textworld: pip install 'agenttuning[textworld]'")
        self._game = self._state = None

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return Generated(_make_task, split) if split == "novel" else Generated(_make_task, split, 0)

    def setup(self, task: Task) -> str:
        import textworld

        if task.data.keys() != {"seed", *LEVELS[1]}:
            raise UsageError(f"task {task.id} of {self.id} needs the data {', '.join(['seed', *LEVELS[1]])}")
        if task.split != "novel":
            raise UsageError(f"task {task.id} of {self.id} must have the split 'novel': this world is held out")
        self.close()
        # Said of every game by its interpreter. TextWorld silences it when it is imported, which does not always last.
        warnings.filterwarnings("ignore", "Game .* is not fully supported")
        story, about, self._solution = _compiled(**task.data)
        with scratch_folder() as folder:
            Path(folder, "game.z8").write_bytes(story)
            Path(folder, "game.json").write_bytes(about)
            wanted = textworld.EnvInfos(won=True, objective=True, description=True)
            self._game = textworld.start(f"{folder}/game.z8", wanted)
            self._state = self._game.reset()
        return f"{self._state.objective}\n\n{self._state.description}"

    def close(self) -> None:
        if self._game:
            self._game.close()
            self._game = None

    @tool
    def act(self, command: str) -> str:
        """Give one command."""
        command = command.strip().lower()
        if command.split(" ")[0] not in VERBS or re.search(r"[^\w '-]|\bthen\b", command):
            raise ToolError(f"Give one command that starts with one of: {', '.join(VERBS)}.")
        self._state, _, done = self._game.step(command)
        if done:
            self.end()
        return _PROMPT.sub("", self._state.feedback).strip()

    def score(self) -> float:
        return float(self._state.won)

    def solve(self):
        """The quest as it was generated."""
        for command in self._solution:
            yield "I take the next step of the known solution.", ToolCall("act", {"command": command})


@lru_cache(maxsize=16)
def _compiled(seed: int, rooms: int, objects: int, quest: int, guided: bool) -> tuple[bytes, bytes, list[str]]:
    """The game's two files and its solution; kept, since compiling takes about a second."""
    import textworld

    options = textworld.GameOptions()
    options.seeds, options.nb_rooms, options.nb_objects, options.quest_length = seed, rooms, objects, quest
    options.grammar.only_last_action = not guided
    with scratch_folder() as folder:
        options.path = f"{folder}/game.z8"
        _, game = textworld.make(options)
        story, about = (Path(folder, f"game.{kind}").read_bytes() for kind in ("z8", "json"))
    return story, about, game.metadata["walkthrough"]


def _make_task(split: str, index: int) -> Task:
    difficulty = index % len(LEVELS) + 1
    data = {"seed": random.Random(f"{split}/{index}").randrange(2**31), **LEVELS[difficulty]}
    return Task(TextworldEnv.id, f"Game {index}.", data, split, difficulty, f"quest-{LEVELS[difficulty]['quest']}")
