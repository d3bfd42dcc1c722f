"""Fine-tuning: the loss is the loss that was meant, the stop token is learned, and a killed training goes on."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
transformers = pytest.importorskip("transformers", reason="needs the `train` extra")
pytest.importorskip("trl", reason="needs the `train` extra")

import torch.nn.functional as F  # noqa: E402

from envs.errors import UsageError  # noqa: E402
from rollout.chat import prompt_ids, render, stop_ids  # noqa: E402
from rollout.manifest import Manifest  # noqa: E402
from tests.tiny_tokenizers import tiny_tokenizer  # noqa: E402
from training.loss import IGNORED, shared_prefix, weighted_loss  # noqa: E402
from training.sft import sft  # noqa: E402
from training.trainer import QuietTrainer, collate, micro_batches  # noqa: E402

# peft reads a property that transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

SYSTEM = "Use the tools. Thought: one sentence. Action: the name of a tool."
ANSWERS = {"How many rows?": "17", "Who is first?": "Ada", "What is the age?": "30", "Which table?": "people"}


def dialogue(question: str, answer: str) -> list[dict]:
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": question},
        {"role": "assistant", "content": "Thought: I look.\nAction: tables", "weight": 1},
        {"role": "user", "content": "Observation: people"},
        {"role": "assistant", "content": f"Action: answer {answer}", "weight": 1},
    ]


DIALOGUES = [dialogue(question, answer) for question, answer in ANSWERS.items()]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A model folder: a tiny random Llama with a tied embedding, and a tokenizer with a chat template."""
    tokenizer = tiny_tokenizer("chatml")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.3,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    path = tmp_path_factory.mktemp("models") / "tiny"
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def model(base):
    return transformers.AutoModelForCausalLM.from_pretrained(base, dtype="float32", attn_implementation="eager")


@pytest.fixture
def data(tmp_path) -> Path:
    return write(tmp_path / "data.jsonl", DIALOGUES)


def write(path: Path, dialogues: list[list[dict]]) -> Path:
    rows = [{"messages": messages, "source": "agent", "format": "react"} for messages in dialogues]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def batch(dialogues=DIALOGUES, weights=None):
    examples = []
    for messages in dialogues:
        (sequence,) = render(tiny_tokenizer("chatml"), messages, weights)
        labels = [i if weight else IGNORED for i, weight in zip(sequence.ids, sequence.mask, strict=True)]
        examples.append({"input_ids": sequence.ids, "labels": labels, "weights": sequence.mask})
    return collate(examples)


def total_loss(model, inputs, share=False):
    return weighted_loss(model, model.get_output_embeddings(), **inputs, share=share)


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return [p.grad.clone() for p in model.parameters()]


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("weights", [None, [0.25, 1.0]])
def test_logits_at_labels_alone_give_the_full_loss_and_its_gradient(model, share, weights):
    inputs = batch(weights=weights)
    mask = (
        torch.arange(inputs["labels"].shape[1]) < inputs["labels"].ne(IGNORED).cumsum(1).argmax(1)[:, None] + 1
    ).long()
    logits = model(input_ids=inputs["input_ids"], attention_mask=mask).logits[:, :-1]
    losses = F.cross_entropy(logits.flatten(0, 1), inputs["labels"][:, 1:].flatten(), reduction="none")
    full = (losses * inputs["weights"][:, 1:].flatten()).sum()
    ours = total_loss(model, inputs, share)
    assert ours.item() == pytest.approx(full.item(), rel=1e-5)
    for one, other in zip(gradients(model, ours), gradients(model, full), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_the_beginning_that_rows_share_stops_where_they_differ_or_are_trained():
    inputs = batch()
    trained = torch.zeros_like(inputs["labels"], dtype=torch.bool)
    trained[:, :-1] = inputs["labels"][:, 1:] != IGNORED
    common = shared_prefix(inputs["input_ids"], trained)
    system = len(tiny_tokenizer("chatml").apply_chat_template(DIALOGUES[0][:1], return_dict=False))
    assert system <= common < system + 10
    twice = {name: values[[0, 0]] for name, values in inputs.items()}
    assert shared_prefix(twice["input_ids"], trained[[0, 0]]) == int(trained[0].long().argmax())


def test_rows_do_not_see_each_other(model):
    inputs = batch()
    alone = [total_loss(model, {name: values[[n]] for name, values in inputs.items()}) for n in range(len(DIALOGUES))]
    assert total_loss(model, inputs, share=True).item() == pytest.approx(sum(alone).item(), rel=1e-5)
    changed = batch([dialogue("How old is Ada?", "a quite different and longer answer"), *DIALOGUES[1:]])
    first = total_loss(model, {name: values[[0]] for name, values in changed.items()})
    others = total_loss(model, changed, share=True) - first
    assert others.item() == pytest.approx(sum(alone[1:]).item(), rel=1e-5)


def test_context_has_no_loss(model):
    inputs = batch()
    before = total_loss(model, inputs)
    context = inputs["labels"] == IGNORED
    inputs["weights"][context] = 5.0
    assert total_loss(model, inputs).item() == before.item()


@pytest.mark.parametrize("tokens", [1, 200, 100_000])
def test_the_parts_of_a_batch_add_up_to_it(model, tokens):
    inputs = batch([*DIALOGUES, dialogue("Short?", "yes" * 30)])
    parts = micro_batches(inputs, tokens)
    assert sum(len(part["labels"]) for part in parts) == 5
    assert all(part["labels"].numel() <= tokens or len(part["labels"]) == 1 for part in parts)
    assert sum(total_loss(model, part, share=True).item() for part in parts) == pytest.approx(
        total_loss(model, inputs).item(), rel=1e-5
    )


def written(folder: Path, base: Path, messages: list[dict]) -> list[int]:
    """What a checkpoint writes next, greedily, up to 40 tokens."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    if (folder / "adapter_config.json").is_file():
        from peft import PeftModel

        model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype="float32")
        model = PeftModel.from_pretrained(model, folder)
    else:
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
    ids = torch.tensor([prompt_ids(tokenizer, messages)])
    start = ids.shape[1]
    for _ in range(40):
        token = model(input_ids=ids).logits[0, -1].argmax()
        ids = torch.cat([ids, token.view(1, 1)], dim=1)
        if token in stop_ids(tokenizer):
            break
    return ids[0, start:].tolist()


@pytest.mark.parametrize("method", ["lora", "full"])
def test_what_was_trained_is_written_by_the_saved_checkpoint_and_it_stops(base, data, tmp_path, capsys, method):
    out = tmp_path / "out"
    arguments = {"method": method, "epochs": 60, "batch": 4, "lr": 1e-2, "rank": 32, "save_steps": 1000}
    sft(data, out, base=str(base), **arguments)
    *_, last, ready = capsys.readouterr().out.splitlines()
    assert float(last.split("loss ")[1].split()[0]) < 0.05
    assert str(out) in ready
    tokenizer = tiny_tokenizer("chatml")
    for messages in DIALOGUES:
        for turn in (2, 4):
            text = messages[turn]["content"]
            assert tokenizer.decode(written(out, base, messages[:turn])) == f"{text}<|im_end|>"
    tied = {name for name in saved_names(out) if "embed" in name or "lm_head" in name}
    assert tied == (set() if method == "lora" else {"model.embed_tokens.weight"})
    manifest = Manifest.read(out)
    assert (manifest.base, manifest.method, manifest.format) == (str(base), method, "react")
    assert len(manifest.prompts) == 1
    assert not (out / "checkpoints").exists()


def saved_names(folder: Path) -> set[str]:
    from safetensors import safe_open

    (file,) = folder.glob("*.safetensors")
    with safe_open(file, "pt") as tensors:
        return set(tensors.keys())


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    (file,) = folder.glob("*.safetensors")
    return load_file(file)


def test_full_fine_tuning_leaves_a_tied_embedding_as_it_was(base, data, tmp_path):
    sft(data, tmp_path / "out", base=str(base), method="full", epochs=1)
    before, after = tensors(base), tensors(tmp_path / "out")
    name = "model.embed_tokens.weight"
    assert torch.equal(after.pop(name), before.pop(name).bfloat16())
    assert any(not torch.equal(after[key], before[key].bfloat16()) for key in after)


class Killed(BaseException):
    pass


def test_an_interrupted_training_goes_on_to_the_same_weights(base, data, tmp_path, capsys, monkeypatch):
    options = {"base": str(base), "epochs": 3, "batch": 2, "save_steps": 2}
    sft(data, tmp_path / "whole", **options)
    step, calls = QuietTrainer.training_step, []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise Killed
        return step(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(QuietTrainer, "training_step", dies)
        with pytest.raises(Killed):
            sft(data, tmp_path / "broken", **options)
    assert not (tmp_path / "broken" / "manifest.json").exists()
    half_written = tmp_path / "broken" / "checkpoints" / "checkpoint-3"
    half_written.mkdir()
    capsys.readouterr()
    sft(data, tmp_path / "broken", **options)
    assert "resumed at step 2 of 6" in capsys.readouterr().out
    whole, resumed = tensors(tmp_path / "whole"), tensors(tmp_path / "broken")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)

    monkeypatch.setattr(QuietTrainer, "__init__", None)
    sft(data, tmp_path / "whole", **options)
    assert "already trained" in capsys.readouterr().out


def test_another_training_is_not_written_over(base, data, tmp_path):
    sft(data, tmp_path / "out", base=str(base), epochs=1)
    with pytest.raises(UsageError, match=r"another training: epochs was 1, not 2\. Choose another --out"):
        sft(data, tmp_path / "out", base=str(base), epochs=2)
    other = write(tmp_path / "other.jsonl", DIALOGUES[:2])
    with pytest.raises(UsageError, match="another training: data was"):
        sft(other, tmp_path / "out", base=str(base), epochs=1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="is not empty"):
        sft(data, tmp_path / "mine", base=str(base))
    with pytest.raises(UsageError, match="is an adapter: train on its base"):
        sft(data, tmp_path / "more", base=str(tmp_path / "out"))


def test_data_that_cannot_be_trained_on_is_refused(base, tmp_path):
    def refused(path, **options):
        return pytest.raises(UsageError, match=options.pop("match")), {"data": path, **options}

    long = write(tmp_path / "long.jsonl", [DIALOGUES[0], dialogue("Why?", "because " * 50)])
    untrained = write(tmp_path / "none.jsonl", [[*DIALOGUES[0][:2], {**DIALOGUES[0][2], "weight": 0}]])
    (tmp_path / "bad.jsonl").write_text('{"messages": []}\n{"text": "x"}\n')
    for error, arguments in (
        refused(tmp_path / "absent.jsonl", match="no file"),
        refused(tmp_path / "bad.jsonl", match="line 2: the key 'messages' is missing"),
        refused(long, match=r"line 2: \d+ tokens, more than --max-tokens 200", max_tokens=200),
        refused(untrained, match="nothing to train on"),
        refused(untrained, match="no model 'smolm'", base="smolm"),
    ):
        with error:
            sft(out=tmp_path / "out", **{"base": str(base), **arguments})
    assert not (tmp_path / "out").exists()


def test_the_loss_is_the_mean_over_the_trained_tokens_of_the_whole_batch(base, model, data, tmp_path, capsys):
    inputs = batch()
    mean = total_loss(model, inputs).item() / inputs["weights"].sum().item()
    sft(data, tmp_path / "out", base=str(base), epochs=1, micro_tokens=130)
    _, step, _ = capsys.readouterr().out.splitlines()
    assert float(step.split("loss ")[1].split()[0]) == pytest.approx(mean, rel=0.02)


def test_nothing_is_reported_to_anybody(base, data, tmp_path, monkeypatch):
    from trl.trainer import base_trainer

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(base_trainer, "send_telemetry", lambda *args, **kwargs: pytest.fail("telemetry was sent"))
    sft(data, tmp_path / "out", base=str(base), epochs=1)
