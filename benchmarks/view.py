"""How quickly the viewer answers over a full store: `python benchmarks/view.py`.

50,000 made-up trajectories of 2 to 8 turns are written through `Store.add`, indexed, and then asked for over HTTP, one
request after the other: lists with and without filters, deep pages, and searches for words of every frequency. Words
are drawn by Zipf's law, so the commonest are in every conversation. The CPU time is the server's, per answer, whatever
else the machine does. Prints a table and a line of JSON.
"""

import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise, product
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from rich.console import Console
from rich.table import Table

from envs import Task
from envs.cli import main
from rollout import Step, Stop, Store, Trajectory, Usage
from rollout.view.queries import Filters, page
from rollout.view.search import catch_up, prepare

WORDS = ["".join(parts) for parts in product("bklmnprst", "aeiou", "bklmnprst", "aeiou")]
_CHANCES = list(accumulate(1 / rank for rank in range(1, len(WORDS) + 1)))
RUNS, TEMPLATES = 10, 40


def fill(path: Path, n: int) -> float:
    """Write `n` trajectories; return the seconds it took."""
    rng, began = random.Random(0), perf_counter()
    with Store(path) as store:
        for run in range(RUNS):
            store.start_run(f"run-{run}", {"policy": f"policy-{run % 4}"})
        for i in range(n):
            store.add(_trajectory(rng, i, RUNS * i // n))
    return perf_counter() - began


def _trajectory(rng: random.Random, i: int, run: int) -> Trajectory:
    def say(words: int) -> str:
        return " ".join(rng.choices(WORDS, cum_weights=_CHANCES, k=words))

    template = rng.randrange(TEMPLATES)
    env = f"AgentTuning/World{template % 4}-v0"
    split, difficulty = rng.choice(["train", "test"]), template // 4 % 5 + 1
    task = Task(env, say(20), {"i": i}, split, difficulty, f"template-{template}")
    messages, steps = [{"role": "system", "content": env}, {"role": "user", "content": task.prompt}], []
    for turn in range(1, rng.randint(2, 8) + 1):
        thought, sql = say(15), say(10)
        messages.append({"role": "assistant", "content": f"Thought: {thought}\nAction: sql\n{sql}"})
        messages.append({"role": "user", "content": f"Observation: {say(60)}"})
        steps.append(Step(turn, thought, {"name": "sql", "arguments": {"query": sql}}, usage=Usage(300, 40)))
    (stop,) = rng.choices([Stop.FINISHED, Stop.MAX_TURNS, Stop.TIMEOUT], [90, 9, 1])
    reward = float(stop is Stop.FINISHED and rng.random() < 0.6) if stop.valid else None
    policy = f"policy-{run % 4}"
    return Trajectory(f"run-{run}", task, 0, policy, "react", messages[:-1], steps, stop, reward, seconds=3.0)


def index(path: Path) -> float:
    """Build the search index; return the seconds it took."""
    began = perf_counter()
    with Store(path) as store:
        prepare(store)
        while catch_up(store):
            pass
    return perf_counter() - began


def addresses(path: Path) -> dict[str, list[str]]:
    """What is asked, by kind."""
    rng = random.Random(1)
    with Store(path) as store:
        (middle,) = page(store, Filters(), limit=1)
    filters = [
        {"run": "run-3"},
        {"env": "AgentTuning/World2-v0", "outcome": "failed"},
        {"template": "template-7", "difficulty": "2", "split": "test"},
        {"run": "run-9", "stop": "timeout"},
        {"review": "none"},
        {"policy": "nobody"},
    ]
    common, rare = WORDS[:20], WORDS[-200:]
    searches = {
        "search: a common word": [{"q": word} for word in common],
        "search: a rare word": [{"q": word} for word in rng.sample(rare, 20)],
        "search: no such word": [{"q": f"{word}xyz"} for word in common],
        "search: three words": [{"q": " ".join(rng.sample(WORDS, 3))} for _ in range(20)],
        "search: a phrase of common words": [{"q": f'"{one} {other}"'} for one, other in pairwise(common)],
        "search: a word and filters": [{"q": word, **rng.choice(filters)} for word in common],
    }
    kinds = {"list: all": [{}] * 10, "list: filters": filters}
    kinds["list: deep pages"] = [{"before": str(rng.randrange(middle["number"]))} for _ in range(10)]
    return {
        kind: [f"/trajectories{Filters().link(**each)}" for each in queries]
        for kind, queries in (kinds | searches).items()
    } | {"runs": ["/"] * 10}


@contextmanager
def asking(path: Path) -> Iterator[tuple[http.client.HTTPConnection, dict[str, str], int]]:
    """A connection to a viewer of its own, the headers that it wants, and the number of its process."""
    command = [sys.executable, "-m", "rollout.view", "--store", str(path), "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port, token = re.search(r":(\d+)/\?token=(\S+)", process.stdout.readline()).groups()
        connection = http.client.HTTPConnection("127.0.0.1", int(port))
        yield connection, {"Cookie": f"view-{port}={token}"}, process.pid
        connection.close()
    finally:
        process.terminate()
        process.wait()


def benchmark(n: int = 50_000, rounds: int = 5) -> None:
    """Fill a store, index it, and time the answers.

    Args:
        n: trajectories in the store.
        rounds: how often everything is asked.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        filling, indexing = fill(path, n), index(path)
        asked, times, cpu = addresses(path), {}, {}
        with asking(path) as (connection, headers, pid):
            _seconds(connection, "/trajectories", headers)  # it has imported and compiled everything
            for kind, where in asked.items():
                before = _cpu_seconds(pid)
                times[kind] = [_seconds(connection, address, headers) for _ in range(rounds) for address in where]
                cpu[kind] = (_cpu_seconds(pid) - before) / len(times[kind])
        megabytes = path.stat().st_size / 1e6
    _report(n, {"fill_seconds": filling, "index_seconds": indexing, "megabytes": megabytes}, times, cpu)


def _seconds(connection: http.client.HTTPConnection, address: str, headers: dict[str, str]) -> float:
    began = perf_counter()
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    seconds = perf_counter() - began
    assert answer.status == 200, body
    return seconds


def _cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _report(n: int, about: dict[str, float], times: dict[str, list[float]], cpu: dict[str, float]) -> None:
    table = Table("asked", "answers", "p50 ms", "p95 ms", "CPU ms", title=f"{n:,} trajectories", title_justify="left")
    rows = {}
    for kind, seconds in times.items():
        marks = quantiles(seconds, n=20, method="inclusive")
        milliseconds = {"p50_ms": marks[9], "p95_ms": marks[18], "cpu_ms": cpu[kind]}
        rows[kind] = {"answers": len(seconds)} | {name: round(1000 * value, 1) for name, value in milliseconds.items()}
        table.add_row(kind, *(str(value) for value in rows[kind].values()))
    Console().print(table)
    about = {name: round(value, 1) for name, value in about.items()}
    load = {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(json.dumps({"trajectories": n, **about, **load, "answers": rows}))


if __name__ == "__main__":
    main(benchmark)
