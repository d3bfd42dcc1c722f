"""From the store to a training file: what is kept, masked and mixed, and what is dropped and why."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError
from envs.types import Task
from rollout.chat import prompt_hash, stop_ids
from rollout.manifest import Manifest
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory
from tests.tiny_tokenizers import tiny_tokenizer
from training.dataset import dataset, to_row
from training.mixture import mix, read_general
from training.rows import read_rows, render_row

SYSTEM = "Add numbers."


def played(number: int, split="train", run="teacher", steps=(), stop=Stop.FINISHED, reward=1.0, **options):
    """An episode of as many turns as there are steps; by default one good one."""
    task = Task("Toy/Echo-v0", f"Make {number}.", {"goal": number}, split=split)
    steps = [Step(n, call={"name": "add", "arguments": {"n": n}}, **step) for n, step in enumerate(steps or [{}], 1)]
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": task.prompt}]
    for step in steps:
        messages.append({"role": "assistant", "content": f"Thought: add.\nAction: add\n{step.turn}"})
        messages.append({"role": "user", "content": f"Observation: <|im_end|> {step.turn}"})
    return Trajectory(run, task, 0, "expert", options.get("format", "react"), messages[:-1], steps, stop, reward)


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


FORMS = {
    "openai": {
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello", "weight": 0},
            {"role": "user", "content": "Go on"},
            {"role": "assistant", "content": "Bye"},
        ]
    },
    "sharegpt": {
        "conversations": [
            {"from": "human", "value": "Hi", "loss": None},
            {"from": "gpt", "value": "Hello", "loss": False},
            {"from": "human", "value": "Go on", "loss": None},
            {"from": "gpt", "value": "Bye", "loss": True},
        ]
    },
    "alpaca": {"instruction": "Add", "input": "1 2", "output": "3"},
    "tools": {
        "tools": "[add]",
        "conversations": [
            {"from": "human", "value": "1+1?"},
            {"from": "function_call", "value": "add(1, 1)"},
            {"from": "observation", "value": "2"},
            {"from": "gpt", "value": "It is 2."},
        ],
    },
}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("openai", [("user", "Hi", None), ("assistant", "Hello", 0), ("user", "Go on", None), ("assistant", "Bye", 1)]),
        (
            "sharegpt",
            [("user", "Hi", None), ("assistant", "Hello", 0), ("user", "Go on", None), ("assistant", "Bye", 1)],
        ),
        ("alpaca", [("user", "Add\n\n1 2", None), ("assistant", "3", 1)]),
        (
            "tools",
            [
                ("system", "Tools:\n[add]", None),
                ("user", "1+1?", None),
                ("assistant", "add(1, 1)", 1),
                ("user", "2", None),
                ("assistant", "It is 2.", 1),
            ],
        ),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_general_data_comes_in_several_forms(tmp_path, form, expected, compressed):
    path = tmp_path / ("chat.jsonl.gz" if compressed else "chat.jsonl")
    with (gzip.open if compressed else open)(path, "wt") as file:
        file.write(json.dumps(FORMS[form]) + "\n\n")
    (row,) = read_general(path)
    assert row["source"] == "chat"
    assert [(m["role"], m["content"], m.get("weight")) for m in row["messages"]] == expected


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not a conversation in JSON"),
        ('{"text": "x"}', "it has the keys text, but neither messages"),
        ('{"instruction": "x"}', "the key 'output' is missing"),
        ('{"messages": [{"role": "oracle", "content": "x"}]}', "role 'oracle'"),
        ('{"messages": [{"role": "user", "content": ["x"]}]}', "content"),
        ("[1]", "not a conversation"),
    ],
)
def test_a_line_of_general_data_that_is_no_conversation_is_named(tmp_path, line, complaint):
    path = tmp_path / "chat.jsonl"
    path.write_text(json.dumps(FORMS["alpaca"]) + f"\n{line}\n")
    with pytest.raises(UsageError, match=f"chat.jsonl, line 2: .*{complaint}"):
        read_general(path)


rows = st.integers(1, 40).map(lambda n: [{"n": n} for n in range(n)])


@given(
    agent=rows, general=rows, percent=st.integers(1, 99), size=st.none() | st.integers(200, 300), seed=st.integers(0, 9)
)
def test_the_mixture_is_exact_and_drawn_evenly(agent, general, percent, size, seed):
    agent, general = ([{"source": s, **row} for row in group] for s, group in (("agent", agent), ("general", general)))
    try:
        mixed = mix(agent, general, percent / 100, size, seed)
    except UsageError:  # so few that one side would get none
        assert size is None
        return
    once = False
    for source, group, share in (("agent", agent, percent), ("general", general, 100 - percent)):
        drawn = [row["n"] for row in mixed if row["source"] == source]
        assert abs(len(drawn) - len(mixed) * share / 100) <= 0.5
        counts = [drawn.count(n) for n in range(len(group))]
        assert max(counts) - min(counts) <= 1
        once = once or set(counts) == {1}
    assert len(mixed) == size or (size is None and once)
    assert mixed == mix(agent, general, percent / 100, size, seed)


def test_a_mixture_that_cannot_be_is_refused():
    some = [{"messages": []}]
    for eta, size in ((0, None), (1, None), (0.1, 2), (0.5, 0)):
        with pytest.raises(UsageError, match="eta"):
            mix(some, some, eta, size)
    with pytest.raises(UsageError, match="nothing to mix"):
        mix(some, [], 0.5)


def test_general_data_is_mixed_in_and_the_realised_shares_are_told(make, tmp_path, capsys):
    path = tmp_path / "chat.jsonl"
    long = {"instruction": "Why?", "output": "because " * 300}
    path.write_text("".join(json.dumps(row) + "\n" for row in (FORMS["alpaca"], FORMS["openai"], long)))
    found = make(played(1), played(2), general=path, eta=0.25, size=8, max_tokens=500)
    assert [row["source"] for row in found].count("agent") == 2
    about = meta(tmp_path)
    assert about["general"][-1] == {"filter": "max_tokens=500", "in": 3, "dropped": 1, "out": 2}
    counted = {share["source"]: share for share in about["shares"]}
    for source in ("agent", "chat"):
        sequences = [s for row in found if row["source"] == source for s in render_row(tiny_tokenizer("chatml"), row)]
        assert counted[source]["tokens"] == sum(len(s.ids) for s in sequences)
        assert counted[source]["trained"] == sum(map(bool, (w for s in sequences for w in s.mask)))
    assert "2 (25.0%)" in capsys.readouterr().out


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
