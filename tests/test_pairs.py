"""Pairs: of one task, parted by what the policy wrote, and every rule counts what it drops."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory
from tests.tiny_tokenizers import tiny_tokenizer
from tests.toy import toy_task
from training import pairs as module
from training.pairs import conversations, find_pairs, pairs, read_pairs
from training.rows import render_row

TASK = toy_task(0, split="explore")


def played(*acts: str, reward: float | None = 0.0, sample: int = 0, task=TASK, stop=Stop.FINISHED, **fields):
    """A trajectory whose actions are words; `word: thought` has the same call as `word`, `?...` could not be read."""
    messages = [{"role": "system", "content": "Add."}, {"role": "user", "content": task.prompt}]
    steps = []
    for turn, act in enumerate(acts, 1):
        messages += [{"role": "assistant", "content": act}, {"role": "user", "content": f"after {act}"}]
        slip = act.startswith("?")
        call = None if slip else {"name": act.partition(":")[0], "arguments": {}}
        steps.append(Step(turn, call=call, error="format" if slip else None))
    trajectory = Trajectory("a", task, sample, "p", "react", messages[:-1], steps, stop, reward)
    return replace(trajectory, **fields)


def found(*trajectories: Trajectory, gap: float = 0.5, scope: str = "trajectory"):
    kept, funnel = find_pairs(trajectories, gap, scope)
    sides = [(p.chosen.sample, p.rejected.sample) for p in kept]
    return sides, {row.name: row.dropped for row in funnel.rows if row.dropped}


def test_each_success_meets_each_failure_at_its_own_task():
    other = toy_task(1, split="explore")
    sides, dropped = found(
        played("add", reward=1.0, sample=0),
        played("sub", sample=1),
        played("mul", sample=2),
        played("div", reward=1.0, sample=3),
        played("sub", sample=4, task=other),
    )
    assert sides == [(0, 1), (0, 2), (3, 1), (3, 2)]
    assert not dropped


@pytest.mark.parametrize(
    ("rule", "rejected"),
    [
        ("gap=0.5", played("sub", reward=0.6)),
        ("same prompt", played("sub", format="hermes")),
        ("same prompt", replace(t := played("sub"), messages=[{"role": "system", "content": "x"}, *t.messages[1:]])),
        ("branch", replace(t := played("add", "sub"), messages=[*t.messages[:3], {**t.messages[3], "content": "x"}])),
        ("branch", played("add", stop=Stop.CONTEXT)),
        ("actions", played("add: so", "end")),
    ],
)
def test_a_rule_drops_what_it_names(rule, rejected):
    assert found(played("add", "end", reward=1.0), rejected) == ([], {rule: 1})


def test_a_step_is_compared_by_its_own_action():
    chosen, rejected = played("add: a", "end", reward=1.0, sample=0), played("add: b", "stop", sample=1)
    assert found(chosen, rejected, scope="trajectory") == ([(0, 1)], {})
    assert found(chosen, rejected, scope="step") == ([], {"actions": 1})


def test_what_both_did_is_the_prompt_and_the_rest_is_compared():
    (pair,), _ = find_pairs([played("look", "add", "end", reward=1.0), played("look", "sub", "end")], 0.5, "trajectory")
    row = pair.to_row("trajectory", token_ids=True)
    assert [m["content"] for m in row["prompt"]] == ["Add.", TASK.prompt, "look", "after look"]
    assert row["prompt"][2]["weight"] == 0
    assert [m["content"] for m in row["chosen"]] == ["add", "after add", "end"]
    assert [m["content"] for m in row["rejected"]] == ["sub", "after sub", "end"]
    step = pair.to_row("step", token_ids=True)
    assert (step["prompt"], step["chosen"], step["rejected"]) == (row["prompt"], row["chosen"][:1], row["rejected"][:1])


def test_mistakes_teach_what_to_avoid_but_never_what_to_do():
    (pair,), _ = find_pairs([played("?oops", "end", reward=1.0), played("?bad", "end")], 0.5, "trajectory")
    row = pair.to_row("trajectory", token_ids=True)
    assert [m.get("weight") for m in row["chosen"]] == [0, None, 1]
    assert [m.get("weight") for m in row["rejected"]] == [1, None, 1]
    tokenizer = tiny_tokenizer("chatml")
    texts = []
    for side in conversations(row):
        (sequence,) = render_row(tokenizer, side)
        texts.append(tokenizer.decode([i for i, w in zip(sequence.ids, sequence.mask, strict=True) if w]))
    assert texts == ["end<|im_end|>", "?bad<|im_end|>end<|im_end|>"]


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A store of runs, and the verb with a tokenizer that costs nothing."""
    monkeypatch.setattr(module, "load_tokenizer", lambda _: tiny_tokenizer("chatml"))
    path = tmp_path / "runs.db"

    def make(*trajectories: Trajectory, **options) -> list[dict]:
        with Store(path) as store:
            for trajectory in trajectories:
                store.start_run(trajectory.run, {})
                store.add(trajectory)
        names = list(dict.fromkeys(t.run for t in trajectories))
        out = tmp_path / "pairs.jsonl"
        pairs(names, out, store=path, **options)
        return read_pairs(out)

    return make


def test_two_runs_make_pairs_and_the_file_says_how(runs, tmp_path, capsys):
    rows = runs(
        played("add", reward=1.0, run="expert"),
        played("sub", run="student", sample=0),
        played("sub", run="student", sample=1),
        played("mul", run="student", sample=2, reward=None, stop=Stop.ENV_ERROR),
        played("add", "add", "add", run="student", sample=3, task=toy_task(1, split="explore")),
    )
    (row,) = rows
    assert row["chosen_from"] == {"run": "expert", "sample": 0, "policy": "p", "reward": 1.0}
    assert (row["rejected_from"]["run"], row["rejected_from"]["sample"]) == ("student", 0)
    meta = json.loads((tmp_path / "pairs.jsonl.meta.json").read_text())
    assert [(f["filter"], f["dropped"]) for f in meta["trajectories"]] == [("reviews", 0), ("valid", 1), ("unique", 1)]
    assert [f["dropped"] for f in meta["pairs"]] == [0] * 7
    assert (meta["formats"], len(meta["prompts"])) == (["react"], 1)
    assert "1 pairs of 1 tasks" in capsys.readouterr().out


def test_the_cap_spreads_pairs_over_the_trajectories(runs):
    successes = [played(f"add{n}", reward=1.0, sample=n) for n in range(3)]
    failures = [played(f"sub{n}", sample=10 + n) for n in range(3)]
    rows = runs(*successes, *failures, cap=3)
    assert sorted(row["chosen_from"]["sample"] for row in rows) == [0, 1, 2]
    assert sorted(row["rejected_from"]["sample"] for row in rows) == [10, 11, 12]


def test_long_pairs_and_those_without_loss_are_dropped(runs, tmp_path):
    good, bad = played("add", reward=1.0), played("sub", sample=1)
    slipped = played("?add", reward=1.0, task=toy_task(1, split="explore"))
    long = played(*["sub"] * 40, sample=2)
    rows = runs(good, bad, long, slipped, played("sub", task=slipped.task, sample=1), max_tokens=200)
    assert [row["rejected_from"]["sample"] for row in rows] == [1]
    meta = json.loads((tmp_path / "pairs.jsonl.meta.json").read_text())
    assert {f["filter"]: f["dropped"] for f in meta["pairs"] if f["dropped"]} == {
        "one sequence": 1,
        "max_tokens=200": 1,
    }


def test_what_cannot_be_paired_is_refused(runs, tmp_path):
    with pytest.raises(UsageError, match="no pair is left of 1 trajectories"):
        runs(played("add", reward=1.0))
    test = toy_task(2, split="test")
    with pytest.raises(UsageError, match="tasks for evaluation may not be trained on"):
        runs(played("add", reward=1.0, task=test), played("sub", sample=1, task=test))
    with pytest.raises(UsageError, match="gap must be above 0"):
        runs(played("add", reward=1.0), gap=0)
    file = tmp_path / "bad.jsonl"
    file.write_text('{"prompt": [], "chosen": [{"role": "user", "content": "x"}], "rejected": []}\n')
    with pytest.raises(UsageError, match="line 1: chosen must begin with an assistant message"):
        read_pairs(file)
