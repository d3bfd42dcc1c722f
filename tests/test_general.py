"""General ability through lm-eval-harness: our tasks, scored by a model that answers as the test says."""

import json
from pathlib import Path

import pytest

from envs.errors import UsageError
from envs.sandbox import BACKENDS, available
from evaluation.probes import follows, probes

pytest.importorskip("lm_eval", reason="pip install 'agenttuning[general]'")

from lm_eval.api.model import LM

from evaluation import general as verb
from evaluation.general import general, read_general_result

PROGRAM = {
    "prompt": "def double(x):\n",
    "entry_point": "double",
    "test": "def check(f):\n    assert f(2) == 4\n    assert f(-1) == -2\n",
}


class Scripted(LM):
    """Answers with `says(prompt)`; the likeliest choice is the one that `says` gives."""

    def __init__(self, says):
        super().__init__()
        self.says, self.asked = says, []

    def generate_until(self, requests, disable_tqdm=False):
        self.asked += [request.args[0] for request in requests]
        return [self.says(request.args[0]) for request in requests]

    def loglikelihood(self, requests, disable_tqdm=False):
        self.asked += [request.args[0] for request in requests]
        pairs = [request.args for request in requests]
        return [(0.0 if choice.strip() == self.says(prompt) else -9.0, False) for prompt, choice in pairs]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        raise NotImplementedError

    @property
    def tokenizer_name(self):
        return "none"

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        return chat_history[-1]["content"]


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    sums = [{"question": f"What is {n} + 1?", "answer": f"{n} + 1 = {n + 1}\n#### {n + 1}"} for n in range(9)]
    choices = [
        {"subject": subject, "question": f"{subject} {n}?", "choices": ["w", "x", "y", "z"], "answer": "ABCD"[n % 4]}
        for subject in ("us_history", "law")
        for n in range(8)
    ]
    files = {"gsm8k_test": sums[:4], "gsm8k_train": sums[4:], "mmlu_test": choices, "mmlu_dev": choices}
    for name, rows in (files | {"humaneval": [PROGRAM | {"task_id": f"t/{n}"} for n in range(4)]}).items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def play(tmp_path, data, monkeypatch):
    def start(benchmarks: str, says, n: int = 4):
        model = Scripted(says)
        monkeypatch.setattr(verb, "harness_model", lambda policy, batch: model)
        return general("scripted", tmp_path / "out", benchmarks, n=n, data=data), model

    return start


def test_gsm8k_counts_the_last_number_and_shows_five_worked_rows(play):
    (found,), model = play(
        "gsm8k", lambda prompt: "It is 2." if "What is 1 +" in prompt.split("Question:")[-1] else "7"
    )
    assert (found.n, found.items) == (4, [0.0, 1.0, 0.0, 0.0])
    assert model.asked[0].count("Question:") == 6
    assert model.asked[0].endswith("Question: What is 0 + 1?\nAnswer:")


def test_mmlu_spreads_over_the_subjects_and_shows_rows_of_the_same_one(play):
    (found,), model = play("mmlu", lambda prompt: "B", n=5)
    asked = list(dict.fromkeys(model.asked))
    assert found.items == [0.0, 1.0, 0.0, 0.0, 1.0]
    assert [prompt.split("\n\n")[-1].split("?")[0] for prompt in asked] == [
        *(f"law {n}" for n in range(3)),
        *(f"us_history {n}" for n in range(2)),
    ]
    assert "about us history.\n\n" in asked[-1]
    assert asked[-1].count("Answer:") == 6
    assert "law" not in asked[-1]


@pytest.mark.skipif(all(map(available, BACKENDS)), reason="no sandbox can be used here")
def test_programs_run_in_a_box_and_must_get_past_their_tests(play):
    bodies = iter(["    return 2 * x", "    return x", "    raise SystemExit(0)", "    while True: pass"])
    (found,), _ = play("humaneval", lambda prompt: next(bodies))
    assert found.items == [1.0, 0.0, 0.0, 0.0]


def test_the_result_is_kept_paired_and_not_overwritten_by_another(play, tmp_path, data, capsys):
    play("gsm8k", lambda prompt: "7")
    assert [b.items for b in read_general_result(tmp_path / "out")] == [[0.0] * 4]
    again, model = play("gsm8k", lambda prompt: "1")
    assert again[0].items == [0.0] * 4
    assert model.asked == []
    general("scripted", tmp_path / "other", "gsm8k", n=4, data=data, against=tmp_path / "out")
    assert "25.0%" in (shown := capsys.readouterr().out)
    assert "McNemar" in shown
    with pytest.raises(UsageError, match="choose another --out"):
        general("scripted", tmp_path / "out", "gsm8k", n=3, data=data)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"benchmarks": "gsm9k"}, "Did you mean 'gsm8k'"),
        ({"benchmarks": "gsm8k", "data": Path("nowhere")}, "nowhere has no gsm8k_test.jsonl"),
        ({"benchmarks": "probes", "policy": "gpt-4"}, "has no weights here"),
        ({"benchmarks": "probes", "against": Path("nowhere")}, "nowhere has no result.json"),
    ],
)
def test_wrong_use_is_told_first(tmp_path, arguments, says):
    with pytest.raises(UsageError, match=says):
        general(**{"policy": "smollm2", "out": tmp_path / "out"} | arguments)
    assert not (tmp_path / "out" / "result.json").exists()


def test_probes_are_fixed_and_each_rule_tells_right_from_wrong():
    right = {
        "one word": "Salt",
        "capitals": "THE SEA IS WIDE.",
        "small letters": "the sea is wide.",
        "no comma": "The sea is wide. It is blue.",
        "word": "A {value} thing.",
        "ending": "Nice. {value}",
        "bullets": "- a\n- b\n- c\n- d\n- e",
        "length": "It is wide.",
        "JSON": '{{"name": "sea", "{value}": 1}}',
        "tags": "<answer>It is wide.</answer>",
    }
    wrong = "Thought: I look, first.\nAction: sql\nSELECT name FROM things WHERE an_answer IS NOT NULL LIMIT 9"
    made = probes(200)
    assert made[:20] == probes(20)
    assert len({row["prompt"] for row in made}) > 100
    for row in made:
        value = json.loads(row["value"])
        answer = right[row["kind"]].replace("{{", "{").replace("}}", "}").replace("{value}", str(value))
        if row["kind"] == "bullets":
            answer = "\n".join(answer.splitlines()[: ("two", "three", "four", "five").index(value) + 2])
        assert follows(row, f" {answer}\n"), row
        assert not follows(row, wrong), row
        assert row["kind"] == "no comma" or not follows(row, ""), row
