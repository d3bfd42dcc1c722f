"""ScienceWorld (Wang et al., arXiv 2203.07540): thirty kinds of school experiment in a house, played by text commands.

    pip install 'agenttuning[scienceworld]'        # and Java: apt-get install default-jre-headless
    python -m rollout.collect --env scienceworld --split novel --policy gpt-4

A held-out world: a task whose split is not `novel`, which `training.dataset` refuses, is not played, whatever its
variation. Its own tasks are the package's test variations; a line of JSONL can name any other.
"""

import shutil
from functools import cache
from importlib.util import find_spec
from typing import Any

from envs.core import AgentEnv
from envs.errors import UsageError, WorldError, did_you_mean
from envs.tool import tool
from envs.types import Generated, Task, ToolCall

__all__ = ["EXPERIMENTS", "ScienceworldEnv"]

EXPERIMENTS = {
    "boil": (30, 5),
    "melt": (30, 5),
    "freeze": (30, 5),
    "change-the-state-of-matter-of": (30, 5),
    "use-thermometer": (540, 3),
    "measure-melting-point-known-substance": (436, 4),
    "measure-melting-point-unknown-substance": (300, 5),
    "power-component": (20, 3),
    "power-component-renewable-vs-nonrenewable-energy": (20, 3),
    "test-conductivity": (900, 3),
    "test-conductivity-of-unknown-substances": (600, 3),
    "find-living-thing": (300, 3),
    "find-non-living-thing": (300, 2),
    "find-plant": (300, 3),
    "find-animal": (300, 3),
    "grow-plant": (126, 4),
    "grow-fruit": (126, 5),
    "chemistry-mix": (32, 3),
    "chemistry-mix-paint-secondary-color": (36, 3),
    "chemistry-mix-paint-tertiary-color": (36, 4),
    "lifespan-longest-lived": (125, 2),
    "lifespan-shortest-lived": (125, 2),
    "lifespan-longest-lived-then-shortest-lived": (125, 2),
    "identify-life-stages-1": (14, 4),
    "identify-life-stages-2": (10, 3),
    "inclined-plane-determine-angle": (168, 5),
    "inclined-plane-friction-named-surfaces": (1386, 5),
    "inclined-plane-friction-unnamed-surfaces": (162, 5),
    "mendelian-genetics-known-plant": (120, 5),
    "mendelian-genetics-unknown-plant": (480, 5),
}
"""{name: (variations, difficulty)} in the paper's order, here so that tasks are listed without Java.

The difficulty goes by the median length of the package's solutions: 2 up to 10 commands, 3 up to 25, 4 up to 50.
"""
SIMPLIFICATIONS = ("teleportAction", "openDoors", "openContainers", "selfWateringFlowerPots")
"""Those that may be combined. `noElectricalAction` makes four experiments unsolvable; `easy` knows which."""


class ScienceworldEnv(AgentEnv):
    """One experiment of ScienceWorld. Texts, dynamics and score are the package's.

    The reward is the score at the end divided by 100, a negative one (the wrong thing was focused on) being 0, so
    only 100 is success. An episode that reaches `max_turns` ends with the score it has, as in the package, whose limit
    of 100 this is. One in six of the package's own solutions is longer: those of the two genetics experiments all are,
    and the longest found has 749 commands. `max_turns=400` leaves room for one variation of every experiment.

    Each environment runs a Java process of its own (a second to start, 350 MB, then some 5 ms a command), from the
    first `reset` to `close`: the package keeps its dice and its simplifications in variables of the process. When
    Python dies, however it dies, Java reads the end of its input and follows.

    Args:
        simplification: "easy", the preset of most published results: teleporting, open doors, flower pots that water
            themselves, wires only where the task needs them. Or "", or some of `SIMPLIFICATIONS` joined by commas;
            the paper's own "easy" also opens the containers.
        options: as of `AgentEnv`.

    Raises:
        UsageError: no such simplification; no Java; the package is not installed.
    """

    id = "AgentTuning/Scienceworld-v0"
    licence = "Apache-2.0 (ScienceWorld)"
    instructions = (
        "You do science experiments in a house, one text command a message. Commands: look around, look at X, "
        "look in X, inventory, task, go to PLACE, open X, close X, pick up X, put down X, move X to Y, pour X in Y, "
        "dunk X in Y, mix X, activate X, deactivate X, use X on Y, connect X to Y, disconnect X, read X, eat X, "
        "flush X, wait (10 steps), wait1 (one step), focus on X. Focus on what the task names, when it says so: a "
        "wrong focus fails it. Asked which of several things you mean, give its number."
    )
    max_turns = 100
    max_observation = 2000

    def __init__(self, split: str = "novel", simplification: str = "easy", **options: Any):
        super().__init__(split, **options)
        words = [] if simplification in ("", "easy") else simplification.split(",")
        for word in words:
            if word not in SIMPLIFICATIONS:
                near = did_you_mean(word, SIMPLIFICATIONS)
                known = ", ".join(SIMPLIFICATIONS)
                raise UsageError(f"no simplification {word!r}.{near} Known: easy alone, or some of {known}")
        if not find_spec("scienceworld"):
            raise UsageError(f"{self.id} needs the package scienceworld: pip install 'agenttuning[scienceworld]'")
        if not shutil.which("java"):
            raise UsageError(f"{self.id} needs Java, 8 or newer: apt-get install default-jre-headless")
        if simplification == "easy" or "teleportAction" in words:
            self.instructions = f"{self.instructions} teleport to PLACE goes there at once."
        self.simplification = simplification
        self._game: _Game | None = None

    @classmethod
    def tasks(cls, split: str) -> Generated:
        """The test variations, the experiments taking turns: the first thirty tasks are one of each."""
        return Generated(_make_task, split, len(_test_variations()) if split == "novel" else 0)

    def setup(self, task: Task) -> str:
        if missing := {"experiment", "variation"} - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        if task.split != "novel":
            raise UsageError(f"task {task.id} of {self.id} must have the split 'novel': this world is held out")
        name, variation = task.data["experiment"], task.data["variation"]
        if name not in EXPERIMENTS:
            raise UsageError(f"task {task.id} of {self.id}: no experiment {name!r}.{did_you_mean(name, EXPERIMENTS)}")
        if variation not in range(EXPERIMENTS[name][0]):
            raise UsageError(f"task {task.id} of {self.id}: {name} has variations 0 to {EXPERIMENTS[name][0] - 1}")
        self._game = self._game or _Game()
        return "\n\n".join(self._begin(gold=False))

    def close(self) -> None:
        if self._game:
            self._game.close()
            self._game = None

    @tool
    def act(self, command: str) -> str:
        """Give one command."""
        said = self._game.step(command)
        if self._game.over or self._turn >= self.max_turns:
            self.end()
        return said

    def score(self) -> float:
        return max(0, self._game.score) / 100

    def progress(self) -> float:
        return self.score()

    def solve(self):
        """Play the package's own solution. Finding it takes playing, so the game starts again, in the same state."""
        self._begin(gold=True)
        for command in self._game.solution():
            yield "I take the next step of the known solution.", ToolCall("act", {"command": command})

    def _begin(self, gold: bool) -> tuple[str, str]:
        """Start the experiment; return its description and the first view of the house."""
        data = self.task.data
        self._game.load(data["experiment"], data["variation"], self.simplification, gold)
        return self._game.description, self._game.step("look around")


class _Game:
    """A Java process that runs the package's simulator, and the connection to it.

    The package's Python class is not used: it asks for every valid command at each step, which takes twenty times as
    long as the step, sets no limit to memory, and leaves pipes behind.
    """

    HEAP = "256m"

    def __init__(self):
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
        from scienceworld.constants import BASEPATH, JAR_PATH

        port, token, self._process = launch_gateway(
            classpath=JAR_PATH,
            cwd=BASEPATH,  # where it finds, and would otherwise write, a table
            javaopts=[f"-Xmx{self.HEAP}", "-XX:+UseSerialGC"],
            die_on_exit=True,
            enable_auth=True,
            return_proc=True,
        )
        self._gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
        self._simulator = self._gateway.jvm.scienceworld.runtime.pythonapi.PythonInterface()

    def load(self, experiment: str, variation: int, simplification: str, gold: bool) -> None:
        """Start an experiment, with `gold` after solving it.

        Raises:
            WorldError: the simulator refuses.
        """
        if problem := self._simulator.load(experiment, variation, simplification, gold):
            raise WorldError(f"ScienceWorld: {problem}")

    def step(self, command: str) -> str:
        return self._simulator.step(command)

    def solution(self) -> list[str]:
        """The commands that solve the experiment, when it was loaded with `gold`."""
        return list(self._simulator.getGoldActionSequence())

    @property
    def description(self) -> str:
        return self._simulator.getTaskDescription()

    @property
    def score(self) -> int:
        """0 to 100, or -100 after an action that fails the experiment."""
        return round(100 * self._simulator.getScore())

    @property
    def over(self) -> bool:
        return self._simulator.getCompleted() or self.score < 0

    def close(self) -> None:
        self._gateway.shutdown()
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()


@cache
def _test_variations() -> list[tuple[str, int]]:
    """(experiment, variation), in rounds. The package tests on what is left after three quarters, rounded down."""
    rounds = [
        (variation - 3 * (count // 4), number, name, variation)
        for number, (name, (count, _)) in enumerate(EXPERIMENTS.items())
        for variation in range(3 * (count // 4), count)
    ]
    return [(name, variation) for _, _, name, variation in sorted(rounds)]


def _make_task(split: str, index: int) -> Task:
    name, variation = _test_variations()[index]
    data = {"experiment": name, "variation": variation}
    return Task(ScienceworldEnv.id, f"Experiment: {name}, {variation}.", data, split, EXPERIMENTS[name][1], name)
