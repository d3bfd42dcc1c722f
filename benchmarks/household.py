"""Our household simulator against TextWorld's engine on real games of ALFWorld: `python benchmarks/household.py`.

One game of each of the six types. In each round each game is played by both, one after the other: read from its file to
the first observation, reset to it, then a walk over random admissible commands. Both give the list of admissible
commands and whether the game is won after each reset and step. TextWorld is played by the interpreter that
`--textworld-python` names; without one, the simulator alone is measured. Prints a table and one line of JSON.
"""

import json
import lzma
import os
import platform
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError
from envs.household.goal import Goal
from envs.household.house import House
from envs.household.pddl import read_problem
from envs.household.simulator import Simulator

DATA = Path(os.environ.get("AGENTTUNING_DATA", Path(__file__).parents[2] / "shared" / "data"))
GAMES = DATA / "tasks" / "alfworld" / "games_valid_seen.jsonl.xz"
Measure = Callable[[Path, int, int], dict[str, float]]
"""(a game's file, a seed, a number of steps) to the seconds of what is measured."""
Seconds = dict[str, dict[str, list[float]]]
"""{engine: {what is measured: its values}}."""


def benchmark(games: Path = GAMES, textworld_python: str | None = None, rounds: int = 3, steps: int = 80) -> None:
    """Measure milliseconds per game read, reset and step, admissible commands included.

    Args:
        games: ALFWorld's games, one a line, xz-compressed, with `alfred.pddl` beside them.
        textworld_python: a Python interpreter that has textworld and its planner.
        rounds: how often each game is played.
        steps: commands of one walk.
    """
    if not games.is_file():
        raise UsageError(f"no games at {str(games)!r}: give --games, or set AGENTTUNING_DATA to the data folder")
    seconds: Seconds = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder, engines(textworld_python) as measures:
        files = one_of_each_type(games, Path(folder))
        for seed in range(rounds):
            for file in files.values():
                for engine, measure in measures.items():
                    for name, value in measure(file, seed, steps).items():
                        seconds[engine][name].append(value)
    report(seconds)
    if not textworld_python:
        print("The simulator alone was measured: --textworld-python names an interpreter that has textworld.")
    about = {"python": platform.python_version(), "games": list(files), "rounds": rounds, "steps": steps}
    milliseconds = {engine: {name: _ms(values) for name, values in of.items()} for engine, of in seconds.items()}
    print(json.dumps({**about, "load": round(os.getloadavg()[0], 1), "milliseconds": milliseconds}))


def one_of_each_type(games: Path, folder: Path) -> dict[str, Path]:
    """Write the first game of each type as ALFWorld's own file; return {type: file}."""
    files: dict[str, Path] = {}
    domain = (games.parent / "alfred.pddl").read_text(encoding="utf-8")
    with lzma.open(games, "rt", encoding="utf-8") as lines:
        for game in map(json.loads, lines):
            if game["type"] not in files:
                files[game["type"]] = folder / f"{game['type']}.tw-pddl"
                text = json.dumps({"pddl_domain": domain, **game, "solvable": True})
                files[game["type"]].write_text(text, encoding="utf-8")
    return files


def measure_simulator(file: Path, seed: int, steps: int) -> dict[str, float]:
    """Seconds to read a game and reach its first observation, to reset it, and to take a step."""
    random = Random(seed)
    start = perf_counter()
    house, goal = read_problem(json.loads(file.read_text(encoding="utf-8"))["pddl_problem"])
    reset_simulator(house, goal)
    read = perf_counter()
    simulator, commands, _ = reset_simulator(house, goal)
    reset = perf_counter()
    for _ in range(steps):
        simulator.act(random.choice(commands))
        commands, _ = simulator.admissible(), simulator.won
    done = perf_counter()
    return {"read": read - start, "reset": reset - read, "step": (done - reset) / steps}


def reset_simulator(house: House, goal: Goal) -> tuple[Simulator, list[str], bool]:
    """A simulator whose first observation was made, its admissible commands, and whether it is won."""
    simulator = Simulator(house, goal)
    simulator.intro()
    return simulator, simulator.admissible(), simulator.won


@contextmanager
def engines(textworld_python: str | None) -> Iterator[dict[str, Measure]]:
    """Both engines by name, TextWorld's in a process of its own; the simulator alone without an interpreter for it."""
    measures: dict[str, Measure] = {"simulator": measure_simulator}
    if not textworld_python:
        yield measures
        return
    needs = [textworld_python, "-c", "import textworld, fast_downward"]
    if not shutil.which(textworld_python) or subprocess.run(needs, capture_output=True).returncode:
        raise UsageError(f"{textworld_python!r} is no Python that has textworld and fast_downward")
    script = Path(__file__).with_name("household_textworld.py")
    with subprocess.Popen(
        [textworld_python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:

        def measure_textworld(file: Path, seed: int, steps: int) -> dict[str, float]:
            print(json.dumps({"file": str(file), "seed": seed, "steps": steps}), file=child.stdin, flush=True)
            return json.loads(child.stdout.readline())

        yield measures | {"textworld": measure_textworld}


def report(seconds: Seconds) -> None:
    table = Table("ms, median [best]")
    for heading in (*seconds, *(f"{engine} per second" for engine in seconds), "ratio of medians"):
        table.add_column(heading, justify="right")
    for name, ours in seconds["simulator"].items():
        cells = [f"{1000 * median(of[name]):.3g} [{1000 * min(of[name]):.3g}]" for of in seconds.values()]
        rates = [f"{1 / median(of[name]):,.1f}" for of in seconds.values()]
        ratio = f"{median(seconds['textworld'][name]) / median(ours):,.0f}" if "textworld" in seconds else ""
        table.add_row(name, *cells, *rates, ratio)
    Console().print(table)


def _ms(values: list[float]) -> dict[str, float]:
    return {"median": round(1000 * median(values), 4), "best": round(1000 * min(values), 4)}


if __name__ == "__main__":
    main(benchmark)
