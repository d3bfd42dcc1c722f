"""The audit finds what is wrong in a mask, and shows which token is trained."""

import json
import os
import re
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError
from rollout.chat import Rendered, stop_ids
from tests.conversations import AGENTINSTRUCT, OPENAI
from tests.tiny_tokenizers import FAMILIES, tiny_tokenizer
from training import audit as module
from training.audit import audit, inspect, token_view
from training.forms import read
from training.rows import read_rows, render_row

DATA = Path(os.environ.get("AGENTTUNING_DATA", Path(__file__).parents[2] / "shared" / "data")) / "agentinstruct"
TOKENIZER = tiny_tokenizer("chatml")
ROW = read(AGENTINSTRUCT)


def conversation(**answer) -> dict:
    return {"messages": [{"role": "user", "content": "2?"}, {"role": "assistant", "content": "Two.", **answer}]}


@pytest.fixture
def audited(tmp_path, capsys):
    """Audit records; gives back the exit status and what was printed."""
    TOKENIZER.save_pretrained(tmp_path / "tokenizer")

    def run(*records: dict, **options) -> tuple[int, str]:
        path = tmp_path / "data.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return audit(str(path), tokenizer=str(tmp_path / "tokenizer"), **options), capsys.readouterr().out

    return run


@pytest.mark.parametrize("family", FAMILIES.keys() - {"glm"})
def test_a_good_row_has_no_faults_in_any_family(family):
    found = inspect(tiny_tokenizer(family), {"messages": read(AGENTINSTRUCT)["messages"]}, 1)
    assert found.kinds == set()
    assert 0 < found.trained < found.tokens


def test_turns_without_loss_get_no_label():
    (sequence,) = render_row(TOKENIZER, read(AGENTINSTRUCT))
    trained = [i for i, weight in zip(sequence.ids, sequence.mask, strict=True) if weight]
    values = [turn["value"] for turn in AGENTINSTRUCT["conversations"] if turn["loss"]]
    assert TOKENIZER.decode(trained) == "".join(f"{value}<|im_end|>" for value in values)


def test_rows_are_counted_and_named(audited):
    records = [
        AGENTINSTRUCT,
        conversation(weight=0),
        conversation(cut=True) | {"source": "chat"},
        OPENAI | {"id": "long"},
    ]
    status, out = audited(*records, max_tokens=400)
    assert status == 1
    assert "nothing in them is trained: row 2" in out
    assert "without a stop token: row 3" in out
    assert re.search(r"longer than 400 tokens: .*row 4 \(long\)", out)
    assert "not there to its end: " not in out
    sizes = [render_row(TOKENIZER, read(record)) for record in records]
    tokens = sum(len(sequence.ids) for row in sizes for sequence in row)
    trained = sum(map(bool, (weight for row in sizes for sequence in row for weight in sequence.mask)))
    assert re.search(rf"all +│ +4 │ +3 │ +{tokens:,} │ +{trained:,} \({trained / tokens:.1%}\)", out)
    assert audited(AGENTINSTRUCT)[0] == 0


def without(sequence: Rendered, drop: int) -> Rendered:
    """The last trained tokens lose their weight, as by a mask that ends too early."""
    mask = list(sequence.mask)
    mask[len(mask) - drop :] = [0.0] * drop
    return Rendered(sequence.ids, mask)


@pytest.mark.parametrize(("drop", "kinds"), [(1, {"unstopped"}), (2, {"unstopped", "truncated"})])
def test_a_mask_that_ends_too_early_is_found(monkeypatch, drop, kinds):
    monkeypatch.setattr(module, "render_row", lambda *args: [without(s, drop) for s in render_row(*args)])
    assert inspect(TOKENIZER, conversation(), 1).kinds == kinds


def test_a_shortened_conversation_is_found(monkeypatch):
    cut = [Rendered(s.ids[:60], s.mask[:60]) for s in render_row(TOKENIZER, ROW)]
    monkeypatch.setattr(module, "render_row", lambda *args: cut)
    assert "truncated" in inspect(TOKENIZER, ROW, 1).kinds


def test_a_row_is_shown_token_by_token(audited):
    text = token_view(TOKENIZER, ROW).plain
    (sequence,) = render_row(TOKENIZER, ROW)
    pieces = "".join(re.sub(r"^ *(context|trained|stop)? *│", "", line) for line in text.splitlines()[1:])
    assert pieces.replace("│", "").replace("⏎", "\n").split() == TOKENIZER.decode(sequence.ids).split()
    assert text.count("stop │<|im_end|>│") == 2
    for line in (
        "trained │Action│",
        " context │",
        f"sequence 1, {len(sequence.ids)} tokens",
    ):
        assert line in text
    status, out = audited(AGENTINSTRUCT, row=1)
    assert (status, out.split()) == (0, text.split())
    with pytest.raises(UsageError, match=r"no row 2: .* has 1"):
        audited(AGENTINSTRUCT, row=2)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no AgentInstruct at {DATA}; set AGENTTUNING_DATA")
def test_agentinstruct_is_trained_on_what_it_says_and_nothing_else(monkeypatch):
    """With the embedded student's tokenizer, at 4,096 tokens."""
    from training.model import load_tokenizer

    tokenizer = load_tokenizer("smollm2")
    (stop, *_) = stop_ids(tokenizer)
    rows = read_rows(DATA)
    too_long = []
    for number, row in enumerate(rows, 1):
        sequences = render_row(tokenizer, row)
        monkeypatch.setattr(module, "render_row", lambda *_, rendered=sequences: rendered)  # once is slow enough
        found = inspect(tokenizer, row, number)
        assert found.kinds == set(), found
        if found.longest > 4096:
            too_long.append(row["id"])
        (sequence,) = sequences
        trained = [i for i, weight in zip(sequence.ids, sequence.mask, strict=True) if weight]
        answers = [m["content"] for m in row["messages"] if m["role"] == "assistant" and m["weight"]]
        assert trained.count(stop) == len(answers)
        assert tokenizer.decode(trained) == "".join(f"{answer}<|im_end|>" for answer in answers)
    assert (len(rows), too_long) == (1866, [f"kg_{number}" for number in (69, 159, 207, 213, 319)])
