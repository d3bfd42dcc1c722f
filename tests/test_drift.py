"""Sampled ids against their text: what is counted as which kind of difference, and that training takes the ids."""

import subprocess
import sys

import pytest

pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError
from rollout.answers import read
from rollout.chat import prompt_ids, stop_ids
from rollout.drift import Kind, drift, drifts, kind_of
from rollout.store import Store
from rollout.trajectory import Stop
from tests.conversations import played
from tests.fake_server import completion
from tests.tiny_tokenizers import tiny_tokenizer
from training.dataset import to_row
from training.rows import render_row


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer("chatml")


def ids(tokenizer, turn: int) -> list[int]:
    """What the text of `played`'s turn encodes to, with the stop token."""
    text = f"Thought: add.\nAction: add\n{turn}"
    return [*tokenizer.encode(text, add_special_tokens=False), stop_ids(tokenizer)[0]]


def letters(tokenizer, turn: int) -> list[int]:
    """The same text, sampled letter by letter."""
    text = f"Thought: add.\nAction: add\n{turn}"
    return [i for letter in text for i in tokenizer.encode(letter, add_special_tokens=False)] + [stop_ids(tokenizer)[0]]


@pytest.mark.parametrize(
    ("sampled", "encoded", "kind"),
    [
        ([1, 2, 3], [1, 2, 3], Kind.CLEAN),
        ([], [], Kind.CLEAN),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4], Kind.TAIL),
        ([1, 2, 3, 4, 5], [1, 2, 9, 8, 7], Kind.TAIL),
        ([1, 2, 3, 4, 5], [1, 9, 3, 4, 5], Kind.LARGE),
        ([1, 2, 3, 4, 5, 6, 7], [1, 2, 3], Kind.LARGE),
    ],
)
def test_a_difference_is_small_within_the_last_three_ids(sampled, encoded, kind):
    assert kind_of(sampled, encoded) is kind
    assert kind_of(encoded, sampled) is kind


def test_every_reply_with_ids_is_compared(tokenizer):
    steps = [
        {"token_ids": ids(tokenizer, 1)},
        {"token_ids": letters(tokenizer, 2)},
        {},
        {"token_ids": ids(tokenizer, 4)[:-1], "finish": "length"},
        {"token_ids": ids(tokenizer, 5)[:-1]},
    ]
    found = list(drifts(tokenizer, [played(1, steps=steps)]))
    assert [(one.turn, one.kind) for one in found] == [
        (1, Kind.CLEAN),
        (2, Kind.LARGE),
        (4, Kind.CLEAN),
        (5, Kind.TAIL),
    ]
    assert (found[1].sampled, found[1].encoded) == (letters(tokenizer, 2), ids(tokenizer, 2))


def test_demonstrations_are_passed_over(tokenizer):
    trajectory = played(1, steps=[{"token_ids": ids(tokenizer, 1)}])
    shots = [{"role": "user", "content": "Go.", "shot": 0}, {"role": "assistant", "content": "Gone.", "shot": 0}]
    trajectory.messages[1:1] = shots
    (one,) = drifts(tokenizer, [trajectory])
    assert (one.turn, one.kind) == (1, Kind.CLEAN)


def test_what_a_server_sampled_is_what_is_trained(tokenizer):
    """From vLLM's answer through the store's step to the ids that bear loss."""
    answer, sampled = completion("Thought: add.\nAction: add\n1"), letters(tokenizer, 1)
    answer["choices"][0] |= {"token_ids": sampled, "logprobs": {"content": [{"logprob": -0.5} for _ in sampled]}}
    reply = read(answer)
    trajectory = played(1, steps=[{"token_ids": reply.token_ids, "logprobs": reply.logprobs}])
    (sequence,) = render_row(tokenizer, to_row(trajectory))
    context = prompt_ids(tokenizer, trajectory.messages[:2])
    assert sequence.ids == context + sampled
    assert sequence.mask == [0.0] * len(context) + [1.0] * len(sampled)
    assert sampled != ids(tokenizer, 1)


@pytest.fixture
def folder(tmp_path, tokenizer):
    """A store with a run of three episodes, and one of a policy without ids; and the tokenizer beside it."""
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    with Store(tmp_path / "store.db") as store:
        for run in ("student", "teacher"):
            store.start_run(run, {})
        for number, sampled in enumerate([ids, letters, ids]):
            store.add(played(number, run="student", steps=[{"token_ids": sampled(tokenizer, 1)}]))
        store.add(played(9, run="student", stop=Stop.TIMEOUT, reward=None, steps=[{"token_ids": [1]}]))
        store.add(played(1, run="teacher"))
    return tmp_path


def test_the_command_prints_one_table_and_shows_where(folder):
    command = [sys.executable, "-m", "rollout.drift", "--run", "student", "--tokenizer", "tokenizer"]
    done = subprocess.run([*command, "--store", "store.db"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in done.stdout.splitlines()]
    assert ["1", "3", "2 (66.7%)", "0 (0.0%)", "1 (33.3%)"] in rows
    assert "large: trajectory" in done.stdout
    assert "sampled: 'T' 'h' 'o'" in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"run": "teacher"}, "no reply of run 'teacher'"),
        ({"run": "studnt"}, "Did you mean 'student'"),
        ({"tokenizer": "nowhere"}, "no tokenizer folder 'nowhere'"),
        ({"store": "nowhere.db"}, "no store"),
    ],
)
def test_wrong_use_is_said_before_any_work(folder, monkeypatch, options, words):
    monkeypatch.chdir(folder)
    options = {"run": "student", "tokenizer": "tokenizer", "store": "store.db"} | options
    with pytest.raises(UsageError, match=words):
        drift(options["run"], options["tokenizer"], store=folder / options["store"])
    assert not (folder / "nowhere.db").exists()


def test_ids_of_another_tokenizer_are_refused(folder, tokenizer):
    with Store(folder / "store.db") as store:
        store.start_run("other", {})
        store.add(played(1, run="other", steps=[{"token_ids": ids(tokenizer, 7)}]))
    with pytest.raises(UsageError, match="they come from another tokenizer"):
        drift("other", str(folder / "tokenizer"), store=folder / "store.db")
