"""The benchmark of the engine, without its peers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "benchmarks/engine.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_each_side_plays_the_same_tasks():
    done = _run("--slots", "2", "--modes", "instant", "--episodes", "6")
    assert done.returncode == 0, done.stderr
    assert "inspect is left out: --inspect-python" in done.stdout
    rows = {row["side"]: row for row in json.loads(done.stdout.splitlines()[-1])["rows"]}
    assert list(rows) == ["ours", "openai", "aiohttp"]
    assert all(row["turns_per_second"] > 0 and row["cpu_ms"] > 0 for row in rows.values())
    sizes = [row["bytes"] for row in rows.values()]
    assert max(sizes) < 1.1 * min(sizes), "the sides send different conversations"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--modes", "fast"), "no mode fast; modes: instant, slow"),
        (("--inspect-python", "nowhere/python"), "that Python has inspect_ai none, not 0.3.285"),
    ],
)
def test_wrong_use_is_said_before_anything_runs(arguments, says):
    done = _run(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
