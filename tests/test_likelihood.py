"""The likelihood of general replies: the numbers are those of one pass over one conversation, and they pair."""

import gzip
import json
import math
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
transformers = pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError  # noqa: E402
from evaluation.likelihood import Conversation, likelihood, relative_rise  # noqa: E402
from rollout.chat import render  # noqa: E402
from tests.tiny_tokenizers import tiny_tokenizer  # noqa: E402


def chat(question: str, answer: str, **more) -> dict:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer, **more}]
    return {"messages": messages}


CHATS = [chat(f"Question {n}?", "The answer is " + "very " * (n % 4) + f"{n}.") for n in range(12)]


def make_model(folder: Path, seed: int, vocabulary: int = 0) -> Path:
    tokenizer = tiny_tokenizer("chatml")
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer) + vocabulary,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.3,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return tuple(f"local:{make_model(folder / str(seed), seed)}" for seed in (0, 1))


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """Compute in float32, on the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


def write(path: Path, rows: list[dict]) -> Path:
    with (gzip.open if path.suffix == ".gz" else open)(path, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def by_hand(policy: str, base: str, row: dict) -> Conversation:
    """One conversation, one pass, one token at a time."""
    folders = [one.removeprefix("local:") for one in (policy, base)]
    ours, theirs = (transformers.AutoModelForCausalLM.from_pretrained(f, dtype="float32") for f in folders)
    (one,) = render(tiny_tokenizer("chatml"), row["messages"])
    ids = torch.tensor([one.ids])
    with torch.inference_mode():
        p, q = (model(ids).logits[0].log_softmax(-1) for model in (theirs, ours))
    places = [n for n in range(1, len(one.ids)) if one.mask[n]]
    nll, base_nll = (-sum(logs[n - 1, one.ids[n]].item() for n in places) for logs in (q, p))
    kl = sum((p[n - 1].exp() * (p[n - 1] - q[n - 1])).sum().item() for n in places)
    return Conversation(len(places), nll, base_nll, kl)


@pytest.mark.parametrize("name", ["chats.jsonl", "chats.jsonl.gz"])
def test_a_padded_batch_gives_what_one_conversation_gives_by_itself(models, tmp_path, name, capsys):
    data = write(tmp_path / name, CHATS)
    found = likelihood(models[0], data, base=models[1], batch=5, json=tmp_path / "out" / "l.json")
    expected = [by_hand(*models, row) for row in CHATS]
    for one, other in zip(found.conversations, expected, strict=True):
        assert one.tokens == other.tokens
        for key in ("nll", "base_nll", "kl"):
            assert getattr(one, key) == pytest.approx(getattr(other, key), rel=1e-4)
    tokens = sum(one.tokens for one in expected)
    assert found.tokens == tokens
    assert found.nll == pytest.approx(sum(one.nll for one in expected) / tokens, rel=1e-4)
    assert found.kl == pytest.approx(sum(one.kl for one in expected) / tokens, rel=1e-4)
    assert found.nll_interval.low < found.nll < found.nll_interval.high
    assert found.nll_interval.high > 1  # a likelihood is no share: nothing cuts it at 1
    assert found.nll_interval.method == "bootstrap over conversations"
    assert 0 <= found.kl_interval.low < found.kl < found.kl_interval.high
    assert json.loads((tmp_path / "out" / "l.json").read_text())["nll"] == found.nll
    assert f"{found.nll:.4f} nats a token" in capsys.readouterr().out


def test_a_model_is_at_no_distance_from_itself(models, tmp_path):
    found = likelihood(models[0], write(tmp_path / "chats.jsonl", CHATS))
    assert found.base == models[0]
    assert found.kl == 0
    assert found.nll == found.base_nll


def test_what_is_context_too_long_or_not_asked_for_is_not_measured(models, tmp_path):
    rows = [chat("A?", "B"), chat("C?", "D " * 200), chat("E?", "F", weight=0), chat("G?", "H"), chat("I?", "J")]
    data = write(tmp_path / "chats.jsonl", rows)
    found = likelihood(models[0], data, n=4, max_tokens=100)
    assert (len(found.conversations), found.left_out) == (2, 1)


def test_the_rise_is_paired():
    before = [Conversation(tokens=n, nll=2.0 * n, base_nll=0.0, kl=0.0) for n in range(5, 25)]
    noisy = [Conversation(c.tokens, c.nll * (1.03 + 0.001 * (i % 2)), 0.0, 0.0) for i, c in enumerate(before)]
    rise, interval = relative_rise(before, noisy)
    assert rise == pytest.approx(0.0305, abs=5e-4)
    assert 0.029 < interval.low < rise < interval.high < 0.032
    worse, interval = relative_rise(before, [Conversation(c.tokens, 5 * c.nll, 0.0, 0.0) for c in before])
    assert worse == pytest.approx(4.0)
    assert interval.high == pytest.approx(4.0, rel=0.1)
    with pytest.raises(UsageError, match="not measured on the same conversations"):
        relative_rise(before, noisy[1:])


def test_wrong_use_is_refused(models, tmp_path):
    data = write(tmp_path / "chats.jsonl", CHATS[:2])
    other = make_model(tmp_path / "other", 2, vocabulary=8)
    for policy, arguments, words in (
        (models[0], {"data": tmp_path / "absent.jsonl"}, "no file"),
        (models[0], {"max_tokens": 3}, "none of its 2 conversations has a reply and fits 3 tokens"),
        (models[0], {"data": write(tmp_path / "bad.jsonl", [CHATS[0], {"text": "x"}])}, "line 2: not"),
        (models[0], {"base": f"local:{other}"}, "different vocabularies"),
        ("gpt-4", {}, "'gpt-4' has no weights here"),
        ("local:/absent", {}, "/absent"),
    ):
        with pytest.raises(UsageError, match=words):
            likelihood(policy, **{"data": data} | arguments)
    assert not math.isnan(likelihood(models[0], data).nll)
