"""What a rollout costs us, a bare loop, verifiers and inspect_ai: `python benchmarks/engine.py`.

Everyone plays the same tasks of 5 turns against the same fake server, a process of its own. It answers at once
(`instant`), or after the time of a real model (`slow`: 300 ms + 20 ms x 40 tokens, lognormal), which is the same for a
turn of a task whoever asks. Each measurement is a fresh process of its side, and the sides take turns:

    ours         `collect_tasks`: the engine, ChatPolicy, and the store on disk
    openai       a bare asyncio loop over the SDK's `chat.completions.create`; keeps nothing
    aiohttp      a bare asyncio loop without an SDK; keeps nothing
    verifiers    0.3.1's MultiTurnEnv, 0.4.0's eval runner; each in the interpreter that its flag names
    inspect      inspect_ai at its leanest, in the interpreter that its flag names

CPU is that of the side's process and its children, imports and a first short play excluded. Busy is the share of its
slots' time that the model was at work: promised seconds / (slots x wall). Every measurement is checked: each turn was
asked for exactly once, and every reward is 1. Prints a table and one line of JSON.
"""

import json
import os
import platform
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from engine_task import TURNS
from rich.console import Console
from rich.table import Table

from envs.cli import main
from envs.errors import UsageError

HERE = Path(__file__).parent
WAVES = 2
"""Episodes that each slot plays one after the other, so that slots are taken over as well."""
MODES = ("instant", "slow")
_LONGEST = 600.0
"""Seconds for one measurement; longer means that the side hangs."""
Row = dict[str, float]
Key = tuple[str, int, str]


@contextmanager
def server() -> Iterator[str]:
    """The fake server, as long as the block runs."""
    with subprocess.Popen([sys.executable, HERE / "engine_server.py"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def find_sides(verifiers: str | None, verifiers1: str | None, inspect: str | None) -> dict[str, list[str]]:
    """The command of each side that can play, by its name.

    Raises:
        UsageError: an interpreter lacks what it is named for.
    """
    sides = {"ours": [sys.executable, "engine_ours.py"]}
    sides |= {name: [sys.executable, "engine_bare.py", name] for name in ("openai", "aiohttp")}
    peers = {
        "verifiers": (verifiers, "--verifiers-python", "verifiers", "0.3.1"),
        "verifiers1": (verifiers1, "--verifiers1-python", "verifiers", "0.4.0"),
        "inspect": (inspect, "--inspect-python", "inspect_ai", "0.3.285"),
    }
    for name, (python, flag, package, wanted) in peers.items():
        if python is None:
            print(f"{name} is left out: {flag} names a Python that has {package}=={wanted}")
            continue
        told = [python, "-c", f"import importlib.metadata; print(importlib.metadata.version({package!r}))"]
        try:
            found = subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            found = "none"
        if found != wanted:
            raise UsageError(f"{flag} {python}: that Python has {package} {found}, not {wanted}")
        sides[name] = [python, f"engine_{name}.py"]
    return sides


def play(side: list[str], mode: str, slots: int, episodes: int, url: str) -> Row:
    """One measurement in a process of its own."""
    python, script, *chosen = side
    base = url + ("/slow/v1" if mode == "slow" else "/v1")
    command = [python, HERE / script, *chosen, base, str(slots), str(episodes)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST)
    if ran.returncode != 0:
        raise RuntimeError(f"{script} failed:\n{ran.stderr}")
    told = json.loads(ran.stdout.splitlines()[-1])
    with urllib.request.urlopen(f"{url}/statistics") as response:
        asked = json.load(response)
    turns = TURNS * episodes
    assert asked["requests"] == asked["distinct"] == turns, f"{script}: {asked} is not {turns} requests"
    assert told["rewards"] == [1.0] * episodes, f"{script}: not every reward is 1: {told['rewards']}"
    return {
        "turns_per_second": turns / told["wall"],
        "cpu_ms": 1000 * told["cpu"] / turns,
        "rss_mb": told["rss_mb"],
        "busy": asked["promised"] / (slots * told["wall"]),
        "bytes": asked["bytes"] / turns,
    }


def benchmark(
    slots: tuple[int, ...] = (1, 32, 128, 256),
    modes: tuple[str, ...] = MODES,
    rounds: int = 1,
    episodes: int = 128,
    verifiers_python: str | None = None,
    verifiers1_python: str | None = None,
    inspect_python: str | None = None,
) -> None:
    """Measure turns per second, CPU, memory, and how busy the model is kept.

    Args:
        slots: episodes at a time.
        modes: how fast the server answers, instant or slow.
        rounds: how often every side takes its turn; medians are shown.
        episodes: of one measurement against the instant server, where each slot's two are fewer.
        verifiers_python: a Python interpreter that has verifiers 0.3.1.
        verifiers1_python: a Python interpreter that has verifiers 0.4.0.
        inspect_python: a Python interpreter that has inspect_ai 0.3.285.
    """
    if unknown := set(modes) - set(MODES):
        raise UsageError(f"no mode {', '.join(unknown)}; modes: {', '.join(MODES)}")
    sides = find_sides(verifiers_python, verifiers1_python, inspect_python)
    runs: dict[Key, list[Row]] = defaultdict(list)
    load = os.getloadavg()[0]  # before ours is part of it
    with server() as url:
        for _ in range(rounds):
            for mode in modes:
                for width in slots:
                    count = max(WAVES * width, episodes if mode == "instant" else 0)
                    for name, side in sides.items():
                        runs[mode, width, name].append(play(side, mode, width, count, url))
    rows = {key: {what: median(row[what] for row in taken) for what in taken[0]} for key, taken in runs.items()}
    report(rows)
    about = {"python": platform.python_version(), "cores": os.cpu_count(), "rounds": rounds, "load": round(load, 1)}
    print(json.dumps(about | {"rows": [_named(key) | _rounded(row) for key, row in rows.items()]}))


def report(rows: dict[Key, Row]) -> None:
    """A line for each row; the last two columns compare CPU with ours, and busy with the bare loop over the SDK."""
    table = Table("server", "slots", "side", "turns/s", "CPU ms", "RSS MB", "busy", "CPU of ours", "busy of openai")
    for (mode, slots, name), row in rows.items():
        cells = [f"{row['turns_per_second']:.0f}", f"{row['cpu_ms']:.2f}", f"{row['rss_mb']:.0f}"]
        cells.append(f"{row['busy']:.3f}" if mode == "slow" else "")
        cells.append(f"{row['cpu_ms'] / rows[mode, slots, 'ours']['cpu_ms']:.2f}")
        cells.append(f"{row['busy'] / rows[mode, slots, 'openai']['busy']:.3f}" if mode == "slow" else "")
        table.add_row(mode, str(slots), name, *cells)
    Console(width=100).print(table)


def _named(key: Key) -> dict[str, str | int]:
    return dict(zip(("server", "slots", "side"), key, strict=True))


def _rounded(row: Row) -> Row:
    return {what: round(value, 4) for what, value in row.items()}


if __name__ == "__main__":
    main(benchmark)
