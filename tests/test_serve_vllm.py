"""vLLM's CPU build and the embedded student, end to end and by the commands that a user gives: `make check-serve`."""

import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the `train` extra")

from envs.errors import UsageError
from rollout.handshake import load_checked, load_tokenizer
from rollout.snapshots import adapter_snapshot, model_snapshot
from rollout.store import Store
from rollout.trajectory import Trajectory
from rollout.vllm_api import VllmApi
from rollout.vllm_server import DEFAULT_PORT, serve_python, vllm_build

URL = f"http://127.0.0.1:{DEFAULT_PORT}/v1"
EASY = ["--env", "db", "--difficulty", "1", "--max-tokens", "64"]


def run(*words: str) -> str:
    """`python -m WORDS`, shown as it goes on with `pytest -s`."""
    command = [sys.executable, "-m", *map(str, words)]
    print("\n$ python -m", *words, flush=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = ""
        for line in process.stdout:
            print(line, end="", flush=True)
            said += line
    assert process.returncode == 0, said
    return said


@contextmanager
def serving(*words: str) -> Iterator[int]:
    """`rollout.serve` with these flags; yields its process id when it says that all is served."""
    command = [sys.executable, "-m", "rollout.serve", *words]
    print("\n$ python", *command[1:], flush=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as verb:
        lines = iter(verb.stdout.readline, "")
        for line in lines:
            print(line, end="", flush=True)
            if "Ctrl-C" in line:
                break
        rest = threading.Thread(target=lambda: [print(line, end="", flush=True) for line in lines])
        rest.start()
        try:
            yield verb.pid
        finally:
            verb.send_signal(signal.SIGINT)
            assert verb.wait(60) == 0
            rest.join()


def episodes(store: Path, run: str) -> dict[str, Trajectory]:
    """Those of a run, by their task."""
    with Store(store) as opened:
        return {trajectory.task.id: trajectory for trajectory in opened.select(run)}


def written(trajectory: Trajectory) -> list[str]:
    return [message["content"] for message in trajectory.messages if message["role"] == "assistant"]


def agree(one: Trajectory, other: Trajectory) -> bool:
    """Whether two greedy episodes are the same to the end, or part at a token that was no likelier than another.

    A merged weight is rounded, which decides a near tie: neither gave its own token more than 60 %, and what they gave
    differs by less than 0.2 nats.
    """
    for first, second in zip(one.steps, other.steps, strict=False):
        tokens = zip(first.token_ids, second.token_ids, first.logprobs, second.logprobs, strict=False)
        for mine, yours, my_chance, your_chance in tokens:
            if mine != yours:
                return max(my_chance, your_chance) < math.log(0.6) and abs(my_chance - your_chance) < 0.2
    return True


def kill_when(verb: int, store: Path, run: str, count: int) -> None:
    """SIGKILL the group of the server that `verb` runs, once `count` episodes of the run are stored."""
    while not store.exists() or len(_stored(store, run)) < count:
        time.sleep(0.5)
    (group,) = (int(pid) for pid in Path(f"/proc/{verb}/task/{verb}/children").read_text().split())
    print(f"\n$ kill -9 -- -{group}   # the server, {len(_stored(store, run))} episodes are stored", flush=True)
    os.killpg(group, signal.SIGKILL)


def _stored(store: Path, run: str) -> dict[str, Trajectory]:
    try:
        return episodes(store, run)
    except UsageError:  # the run has not begun
        return {}


@pytest.mark.slow
def test_the_student_is_served_taught_and_served_again(tmp_path):
    try:
        if vllm_build(serve_python()) != "cpu":
            pytest.skip("what is shown here is the CPU build")
    except UsageError as error:
        pytest.skip(str(error))
    store, student = tmp_path / "store.db", tmp_path / "student"
    collect = ["rollout.collect", "--store", store]
    run(*collect, "--env", "db", "--difficulty", "1-2", "--policy", "expert", "--n", "24", "--run", "teacher")
    run("training.dataset", "--store", store, "--runs", "teacher", "--out", tmp_path / "data.jsonl")
    fast = ["--epochs", "2", "--batch", "4", "--lr", "2e-3"]
    run("training.sft", "--data", tmp_path / "data.jsonl", "--base", "smollm2", *fast, "--out", student)
    base = model_snapshot("smollm2")
    adapter = adapter_snapshot(base, student)
    greedy = [*collect, *EASY, "--split", "dev", "--n", "6", "--temperature", "0", "--concurrency", "3"]

    with serving("--model", "smollm2") as verb:
        killer = threading.Thread(target=kill_when, args=(verb, store, "base", 15))
        killer.start()
        run(*collect, *EASY, "--policy", "vllm:smollm2", "--n", "50", "--run", "base", "--concurrency", "16")
        killer.join()
        played = episodes(store, "base")
        assert len(played) == 50
        assert all(t.valid and t.served == "smollm2" for t in played.values())
        assert all(step.token_ids and step.logprobs for t in played.values() for step in t.steps)

        load_checked(VllmApi(URL), base.name, adapter, load_tokenizer(base.folder))
        run(*greedy, "--policy", f"vllm:{base.name}@{URL}", "--run", "untaught")
        run(*greedy, "--policy", f"vllm:{adapter.name}@{URL}", "--run", "loaded")
    run(*greedy, "--policy", f"vllm:smollm2+{student}", "--run", "merged")

    for folder in (adapter.folder, adapter.folder.with_name(f"{adapter.name}-merged")):
        shutil.rmtree(folder)
    untaught, loaded, merged = (episodes(store, name) for name in ("untaught", "loaded", "merged"))
    assert {t.served for t in loaded.values()} == {adapter.name}
    assert {t.served for t in merged.values()} == {f"{adapter.name}-merged"}
    same = sum(written(loaded[task]) == written(merged[task]) for task in loaded)
    print(f"\n{same} of {len(loaded)} greedy episodes are the same to the letter, loaded and merged")
    assert all(agree(loaded[task], merged[task]) for task in loaded)
    assert not any(agree(loaded[task], untaught[task]) for task in loaded)
