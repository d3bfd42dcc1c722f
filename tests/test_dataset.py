"""From the store to a training file: what is kept, masked and mixed, and what is dropped and why."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError
from rollout.chat import prompt_hash, stop_ids
from rollout.manifest import Manifest
from rollout.reviews import Review
from rollout.store import Store
from rollout.trajectory import Stop, Trajectory
from tests.conversations import CHAT, SHORT, SYSTEM, played
from tests.tiny_tokenizers import tiny_tokenizer
from training.dataset import dataset, to_row
from training.rows import read_rows, render_row


@pytest.fixture
def tokenizer(tmp_path) -> str:
    tiny_tokenizer("chatml").save_pretrained(tmp_path / "tokenizer")
    return str(tmp_path / "tokenizer")


@pytest.fixture
def make(tmp_path, tokenizer):
    """Store trajectories and make a file of them; gives back its rows."""

    def made(*trajectories: Trajectory, runs=("teacher",), **options) -> list[dict]:
        with Store(tmp_path / "store.db") as store:
            for run in {t.run for t in trajectories}:
                store.start_run(run, {})
            for trajectory in trajectories:
                store.add(trajectory)
        out = tmp_path / "data.jsonl"
        dataset(list(runs), out, store=tmp_path / "store.db", tokenizer=tokenizer, **options)
        return read_rows(out)

    return made


def meta(tmp_path) -> dict:
    return json.loads((tmp_path / "data.jsonl.meta.json").read_text())


def test_messages_are_copied_and_the_row_says_where_it_comes_from(make, tmp_path):
    trajectory = played(1)
    (row,) = make(trajectory)
    assert [{"role": m["role"], "content": m["content"]} for m in row["messages"]] == trajectory.messages
    assert [m.get("weight") for m in row["messages"]] == [None, None, 1]
    assert (row["source"], row["run"], row["env"], row["task"]) == (
        "agent",
        "teacher",
        "Toy/Echo-v0",
        trajectory.task.id,
    )
    about = meta(tmp_path)
    assert about["prompts"] == [prompt_hash(SYSTEM)]
    assert about["formats"] == ["react"]


def test_the_funnel_says_what_was_dropped_and_why(make, tmp_path, capsys):
    slip = [{"error": "format", "state_key": "a"}, {"state_key": "b"}]
    rows = make(
        played(1),
        played(2, reward=0.0),
        played(3, stop=Stop.TIMEOUT, reward=None),
        played(4, steps=slip),
        played(5, steps=[{"state_key": str(n)} for n in range(12)]),
        played(6, steps=[{"error": "tool"}]),
        max_tokens=200,
    )
    assert [row["task"] for row in rows] == [played(1).task.id]
    dropped = {step["filter"]: step["dropped"] for step in meta(tmp_path)["filters"]}
    assert dropped == {
        "reviews": 0,
        "valid": 1,
        "success": 1,
        "clean": 1,
        "unique": 0,
        "has trained tokens": 1,
        "max_tokens=200": 1,
    }
    printed = capsys.readouterr().out
    assert "has trained tokens" in printed
    assert "1 conversations in" in printed


def test_a_mistake_is_context_and_sampled_ids_and_cuts_are_kept(make):
    tokenizer = tiny_tokenizer("chatml")
    ids = [*tokenizer("Thought: add.\nAction: add\n2").input_ids, *stop_ids(tokenizer)]
    steps = [{"error": "tool", "state_key": "a"}, {"token_ids": ids, "state_key": "b"}, {"finish": "length"}]
    (row,) = make(played(1, steps=steps), filters="success")
    first, second, third = (m for m in row["messages"] if m["role"] == "assistant")
    assert (first["weight"], second["weight"], third["weight"]) == (0, 1, 1)
    assert second["token_ids"] == ids
    assert third["cut"] is True
    (sequence,) = render_row(tokenizer, row)
    trained = tokenizer.decode([i for i, weight in zip(sequence.ids, sequence.mask, strict=True) if weight])
    assert trained == "Thought: add.\nAction: add\n2<|im_end|>Thought: add.\nAction: add\n3"
    assert "token_ids" not in to_row(played(1, steps=steps), token_ids=False)["messages"][4]


@pytest.mark.parametrize("split", ["dev", "test", "novel"])
def test_tasks_for_evaluation_are_refused_before_anything_is_written(make, tmp_path, split):
    with pytest.raises(UsageError, match=rf"1 of {split} in run 'student'.*train or explore"):
        make(played(1), played(2, "explore"), played(3, split, "student"), runs=["teacher", "student"])
    assert not (tmp_path / "data.jsonl").exists()


def test_nothing_left_is_an_error_that_says_so(make):
    with pytest.raises(UsageError, match="leave nothing of 1 trajectories"):
        make(played(1, reward=0.0))
    with pytest.raises(UsageError, match="fits --max-tokens 5"):
        make(played(2), max_tokens=5)


@pytest.fixture
def chat(tmp_path) -> str:
    """A file of general conversations, one of them long."""
    long = {"instruction": "Why?", "output": "because " * 300}
    path = tmp_path / "chat.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (SHORT, CHAT, long)))
    return str(path)


def test_general_data_is_mixed_in_and_the_realised_shares_are_told(make, tmp_path, capsys, chat):
    found = make(played(1), played(2), general=(chat,), eta=0.25, size=8, max_tokens=500)
    assert [row["source"] for row in found].count("agent") == 2
    about = meta(tmp_path)
    assert about["files"][0]["source"] == chat
    assert about["files"][0]["filters"][-1] == {"filter": "max_tokens=500", "in": 3, "dropped": 1, "out": 2}
    assert (about["eta"], about["unit"], about["order"]) == (0.25, "conversation", "any")
    counted = {share["source"]: share for share in about["shares"]}
    assert (counted["agent"]["epochs"], counted["chat"]["epochs"]) == (1, 3)
    for source in ("agent", "chat"):
        sequences = [s for row in found if row["source"] == source for s in render_row(tiny_tokenizer("chatml"), row)]
        assert counted[source]["token"] == sum(len(s.ids) for s in sequences)
        assert counted[source]["loss_token"] == sum(map(bool, (w for s in sequences for w in s.mask)))
    assert "2 (25.0%)" in capsys.readouterr().out


def test_agents_come_from_files_too_and_general_sources_have_weights(make, tmp_path, chat):
    agent = tmp_path / "agents.jsonl"
    turns = [{"from": "human", "value": "Act."}, {"from": "gpt", "value": "Ok."}]
    agent.write_text(json.dumps({"conversations": turns, "id": "a"}) + "\n")
    other = tmp_path / "a=b.jsonl"
    other.write_text(json.dumps(SHORT) + "\n")
    found = make(played(1), agent=(str(agent),), general=(f"{chat}=1", f"{other}=4"), eta=0.2, size=50)
    shares = {share["source"]: share["conversation"] for share in meta(tmp_path)["shares"]}
    assert shares == {"agent": 10, "chat": 8, "a=b": 32}
    assert {row["source"] for row in found} == {"agent", "agents", "chat", "a=b"}
    for general, complaint in (
        ((f"{chat}=1", str(other)), r"or none: .*a=b\.jsonl has none"),
        ((f"{chat}=-1",), "above 0"),
    ):
        with pytest.raises(UsageError, match=complaint):
            make(general=general)


def test_without_a_run_or_a_file_there_is_nothing_to_train_on(make):
    with pytest.raises(UsageError, match="nothing to train on"):
        make(runs=())
    with pytest.raises(UsageError, match="eta must be between 0 and 1"):
        make(played(1), general=("chat.jsonl",), eta=1)


def test_a_curriculum_goes_from_easy_to_hard_among_general_data(make, tmp_path, chat):
    tasks = [played(n, difficulty=5 - n % 5) for n in range(20)]
    found = make(*tasks, general=(chat,), eta=0.5, curriculum=True, max_tokens=500)
    grades = [row["difficulty"] for row in found if "difficulty" in row]
    assert grades == sorted(grades)
    assert len(set(grades)) == 5
    assert meta(tmp_path)["order"] == "curriculum"
    half = [row["source"] for row in found[:20]]
    assert 4 <= half.count("chat") <= 16


def shown(number: int) -> Trajectory:
    """An episode after a demonstration."""
    trajectory = played(number)
    shot = [{"role": "user", "content": "Make 0."}, {"role": "assistant", "content": "Action: done"}]
    trajectory.messages[1:1] = [message | {"shot": 0} for message in shot]
    return trajectory


def test_demonstrations_are_context_or_left_out(make):
    (row,) = make(shown(1))
    assert [m.get("weight") for m in row["messages"]] == [None, None, 0, None, 1]
    assert [m.get("shot") for m in row["messages"]] == [None, 0, 0, None, None]
    (bare,) = make(shown(1), strip_shots=True)
    assert bare["messages"] == to_row(played(1))["messages"]


def test_reviewers_reject_and_correct(make, tmp_path):
    bad, good = played(1), played(2)
    text = "Thought: better.\nAction: add\n7"
    with Store(tmp_path / "store.db") as store:
        store.start_run("teacher", {})
        for trajectory in (bad, good):
            store.add(trajectory)
        store.add_review(Review(bad.id, "reject"))
        store.add_review(Review(good.id, "correct", 1, text=text, call=good.steps[0].call))
    (row,) = make()
    assert row["messages"][-1] == {"role": "assistant", "content": text, "weight": 1}
    assert meta(tmp_path)["filters"][0] == {"filter": "reviews", "in": 2, "dropped": 1, "out": 1}


def test_tasks_that_a_suite_holds_are_refused(make, monkeypatch):
    asked = []

    def refuse(tasks):
        asked.extend(tasks)
        raise UsageError("held for evaluation")

    monkeypatch.setattr("training.dataset.guard", refuse)
    with pytest.raises(UsageError, match="held for evaluation"):
        make(played(1))
    assert asked == [played(1).task]


def test_wrong_use_on_the_command_line_is_one_sentence(tmp_path):
    command = [sys.executable, "-m", "training.dataset", "--runs", "teacher", "--out", str(tmp_path / "data.jsonl")]
    command += ["--store", str(tmp_path / "store.db"), "--filters", "succes"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    assert result.returncode == 2
    assert result.stderr == (
        "error: no filter 'succes'. Did you mean 'success'? Known: valid, success, clean, max_turns=N, unique, cap=N, "
        "balance\n"
    )


def test_a_manifest_is_read_as_it_was_written_and_anything_else_is_refused(tmp_path):
    manifest = Manifest("smollm2", "lora", "react", ["a"], template="b", data="c", args={"lr": 0.1})
    with pytest.raises(UsageError, match=r"no manifest\.json: it is not a finished checkpoint"):
        Manifest.read(tmp_path)
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    for text, complaint in (
        ("{", "is not JSON"),
        ("[]", "must hold the keys"),
        ('{"base": "x"}', "must hold the keys"),
    ):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(UsageError, match=complaint):
            Manifest.read(tmp_path)
