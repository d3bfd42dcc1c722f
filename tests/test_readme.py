"""What the README says can be done can be done: its commands, its Python, its make targets, its files."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINES = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]
COMMANDS = [words for words in (shlex.split(line, comments=True) for line in LINES) if words]
VERBS = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    for package in ("envs", "rollout", "evaluation", "training")
    for file in (ROOT / package).rglob("*.py")
    if '\nif __name__ == "__main__":\n    main(' in file.read_text(encoding="utf-8")
)
NEEDS_MORE = (
    *("gpt-4", "my-model", "smollm2", "training.", "evaluation.", "rollout.view"),
    *("envs.serve_mcp", "envs.sandbox.image", "envs.derive", "rollout.serve", "rollout.drift", "--ray"),
)
"""Commands that are not run here, for want of a server, a client, minutes or others' output; their flags are read."""
RUNNABLE = [c for c in COMMANDS if c[:2] == ["python", "-m"] and not any(n in w for n in NEEDS_MORE for w in c)]
OTHERS = [c for c in COMMANDS if c[:2] == ["python", "-m"] and c not in RUNNABLE]


def run(arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, **options)


def test_every_bash_line_is_a_command_this_file_knows():
    assert {c[0] for c in COMMANDS} <= {"make", "python", "pip"}
    assert len(RUNNABLE) >= 4
    assert len(OTHERS) >= 6


@pytest.mark.parametrize("command", RUNNABLE, ids=shlex.join)
def test_the_command_runs(command, tmp_path):
    done = run(command[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", OTHERS, ids=shlex.join)
def test_the_commands_verb_has_its_flags(command):
    shown = run(["-m", command[2], "--help"]).stdout
    flags = [word.split("=")[0] for word in command[3:] if word.startswith("--")]
    assert [flag for flag in flags if not re.search(rf"{flag}\b", shown)] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_answers_help_and_is_in_the_readme(verb):
    done = run(["-m", verb, "--help"])
    assert done.returncode == 0, done.stderr
    assert f"usage: python -m {verb} " in done.stdout
    assert f"python -m {verb}" in README


def test_the_python_runs():
    (code,) = (text for kind, text in BLOCKS if kind == "python")
    done = run(["-c", code])
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("reward 1.0\n")
    assert len([line for line in code.splitlines() if line]) <= 10


@pytest.mark.parametrize("target", [c[1] for c in COMMANDS if c[0] == "make"])
def test_the_make_target_exists(target):
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_tree_and_the_links_name_what_is_there():
    (tree,) = (text for kind, text in BLOCKS if not kind)
    names = [line.split()[0] for line in tree.splitlines() if line and not line.startswith("  ")]
    assert [name for name in names if not (ROOT / name).exists()] == []
    links = [link for link in re.findall(r"\]\((.*?)\)", README) if not link.startswith("http")]
    assert [link for link in links if not (ROOT / link).exists()] == []
