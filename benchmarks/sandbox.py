"""What a sandbox costs: `python benchmarks/sandbox.py`.

A reset is a box opened, its first command and its closing. Boxes that are "ready" were made in the background by a
pool: their `open` is how long an engine waits for one. A command is `echo` (no process) or `seq 1000 | tail -n 5`
(two). The bare minimum is a plain bash over pipes, and for Docker an `exec` for each command. Alone, all boxes are open
at once and take turns command by command; with 16, each has its own thread. Prints two tables and one line of JSON;
Docker is measured where an engine answers.
"""

import json
import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from statistics import median
from time import perf_counter
from typing import Protocol

from rich.console import Console
from rich.table import Table

from envs.cli import main
from envs.sandbox import Limits, available, open_sandbox
from envs.sandbox.docker_engine import IMAGE

COMMANDS = {"echo": "echo hello", "pipeline": "seq 1000 | tail -n 5"}
READY = Limits(seconds=11)
"""Limits that no other box here has, so that these boxes have a pool of their own."""
THREADS = 16


class Box(Protocol):
    def run(self, command: str) -> object: ...

    def close(self) -> None: ...


class PlainBash:
    """A bash with pipes and nothing around it."""

    def __init__(self):
        pipe = subprocess.PIPE
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}  # as in a box
        self._bash = subprocess.Popen(["bash", "--norc"], stdin=pipe, stdout=pipe, env=environment)

    def run(self, command: str) -> None:
        self._bash.stdin.write(f"{command}; echo __done__\n".encode())
        self._bash.stdin.flush()
        while self._bash.stdout.readline() != b"__done__\n":
            pass

    def close(self) -> None:
        self._bash.stdin.close()
        self._bash.stdout.close()
        self._bash.wait()


class DockerExec:
    """A container in which every command is an `exec` of its own."""

    def __init__(self):
        import docker

        self._client = docker.from_env()
        options = {"detach": True, "network_mode": "none", "init": True, "log_config": {"type": "none"}}
        self._container = self._client.containers.run(IMAGE, ["sleep", "600"], **options)

    def run(self, command: str) -> None:
        self._container.exec_run(["bash", "-c", command])

    def close(self) -> None:
        self._container.remove(force=True)
        self._client.close()


def benchmark(rounds: int = 10, commands: int = 200) -> None:
    """Measure resets and commands of each kind of box, alone and on 16 threads.

    Args:
        rounds: resets of each kind of box alone.
        commands: of each sort in each box alone.
    """
    openers: dict[str, Callable[[], Box]] = {"plain bash": PlainBash}
    for backend in ("bubblewrap", "docker"):
        if reason := available(backend):
            print(f"{backend} is not measured: {reason}")
            continue
        openers[backend] = partial(open_sandbox, backend)
        openers[f"{backend}, ready"] = partial(open_sandbox, backend, limits=READY, ready=2)
        if backend == "docker":
            openers["docker exec"] = DockerExec
    resets = resets_alone(openers, rounds)
    # A box from a pool is like any other once it is open.
    openers = {name: opener for name, opener in openers.items() if not name.endswith("ready")}
    times = commands_alone(openers, commands)
    many = {name: on_threads(opener, commands // 10) for name, opener in openers.items()}
    report(resets, times, many)


def resets_alone(openers: dict[str, Callable[[], Box]], rounds: int) -> dict[str, dict[str, float]]:
    """Median milliseconds of opening, closing, and both with a first command between."""
    seconds = defaultdict(lambda: defaultdict(list))
    for number in range(rounds + 1):
        for name, opener in openers.items():
            if name.endswith("ready"):
                time.sleep(1)  # as between two episodes of an engine's slot: the pool fills up meanwhile
            began = perf_counter()
            box = opener()
            opened = perf_counter()
            box.run(COMMANDS["echo"])
            used = perf_counter()
            box.close()
            closed = perf_counter()
            if number:  # the first is a warm-up
                for what, span in {"open": opened - began, "close": closed - used, "reset": closed - began}.items():
                    seconds[name][what].append(span)
    return {name: {f"{what}_ms": 1000 * median(v) for what, v in of.items()} for name, of in seconds.items()}


def commands_alone(openers: dict[str, Callable[[], Box]], commands: int) -> dict[str, dict[str, float]]:
    """Median milliseconds of each sort of command."""
    seconds = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        boxes = {name: stack.enter_context(closing(opener())) for name, opener in openers.items()}
        for _ in range(commands):
            for what, command in COMMANDS.items():
                for name, box in boxes.items():
                    began = perf_counter()
                    box.run(command)
                    seconds[name][what].append(perf_counter() - began)
    return {name: {f"{what}_ms": 1000 * median(v) for what, v in of.items()} for name, of in seconds.items()}


def on_threads(opener: Callable[[], Box], commands: int) -> dict[str, float]:
    """Resets and pipelines a second, of all threads together."""
    with ThreadPoolExecutor(THREADS) as pool:
        began = perf_counter()
        boxes = list(pool.map(lambda _: opener(), range(THREADS)))
        list(pool.map(lambda box: box.run(COMMANDS["echo"]), boxes))
        opened = perf_counter()
        list(pool.map(lambda box: [box.run(COMMANDS["pipeline"]) for _ in range(commands)], boxes))
        used = perf_counter()
        list(pool.map(lambda box: box.close(), boxes))
        closed = perf_counter()
    return {
        "resets_per_second": THREADS / (opened - began + closed - used),
        "pipelines_per_second": THREADS * commands / (used - opened),
    }


def report(resets: dict, times: dict, many: dict) -> None:
    console = Console(width=120)
    table = Table("alone", "open ms", "close ms", "reset ms", "resets/s", "echo ms", "pipeline ms", "pipelines/s")
    for name, reset in resets.items():
        shown = [f"{reset[f'{what}_ms']:.2f}" for what in ("open", "close", "reset")]
        row = [*shown, f"{1000 / reset['reset_ms']:.1f}"]
        if name in times:
            echo, pipeline = times[name]["echo_ms"], times[name]["pipeline_ms"]
            row += [f"{echo:.3f}", f"{pipeline:.2f}", f"{1000 / pipeline:.0f}"]
        table.add_row(name, *row)
    console.print(table)
    table = Table(f"{THREADS} at once", "resets/s", "pipelines/s")
    for name, rates in many.items():
        table.add_row(name, *(f"{rate:.1f}" for rate in rates.values()))
    console.print(table)
    ratios = {}
    for name in times:
        if name in ("bubblewrap", "docker"):
            ratios[f"pipeline, {name} / plain bash"] = times[name]["pipeline_ms"] / times["plain bash"]["pipeline_ms"]
    if "docker" in times:
        ratios["pipeline, docker exec / docker"] = times["docker exec"]["pipeline_ms"] / times["docker"]["pipeline_ms"]
        if "bubblewrap" in times:
            ratios["reset, docker / bubblewrap"] = resets["docker"]["reset_ms"] / resets["bubblewrap"]["reset_ms"]
    for what, ratio in ratios.items():
        console.print(f"{what}: {ratio:.2f}", highlight=False)
    about = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "alone": resets, "commands": times}
    print(json.dumps(rounded(about | {f"threads_{THREADS}": many, "ratios": ratios})))


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main(benchmark)
