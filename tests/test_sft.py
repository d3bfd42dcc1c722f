"""Fine-tuning: the loss is the loss that was meant, the stop token is learned, and a killed training goes on."""

import json
import re
import socket
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
transformers = pytest.importorskip("transformers", reason="needs the `train` extra")
pytest.importorskip("peft", reason="needs the `train` extra")

from envs.errors import UsageError  # noqa: E402
from rollout.chat import prompt_ids, render, stop_ids  # noqa: E402
from rollout.manifest import Manifest  # noqa: E402
from tests.tiny_models import tiny_model_folder  # noqa: E402
from tests.tiny_tokenizers import tiny_tokenizer  # noqa: E402
from training.loss import token_losses  # noqa: E402
from training.model import load_model  # noqa: E402
from training.packing import pack  # noqa: E402
from training.sft import sft  # noqa: E402
from training.trainer import PackTrainer  # noqa: E402

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
    return tiny_model_folder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def data(tmp_path) -> Path:
    return write(tmp_path / "data.jsonl", DIALOGUES)


def write(path: Path, dialogues: list[list[dict]]) -> Path:
    rows = [{"messages": messages, "source": "agent", "format": "react"} for messages in dialogues]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


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
    arguments = {"method": method, "epochs": 35, "batch": 4, "lr": 1e-2, "rank": 32, "save_steps": 1000}
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
    step, calls = PackTrainer.training_step, []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise Killed
        return step(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(PackTrainer, "training_step", dies)
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

    monkeypatch.setattr(PackTrainer, "__init__", None)
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


def test_data_that_cannot_be_trained_on_is_refused(base, tmp_path):
    def refused(path, **options):
        return pytest.raises(UsageError, match=options.pop("match")), {"data": path, **options}

    long = write(tmp_path / "long.jsonl", [DIALOGUES[0], dialogue("Why?", "because " * 50)])
    untrained = write(tmp_path / "none.jsonl", [[*DIALOGUES[0][:2], {**DIALOGUES[0][2], "weight": 0}]])
    (tmp_path / "bad.jsonl").write_text('{"messages": []}\n{"text": "x"}\n')
    for error, arguments in (
        refused(tmp_path / "absent.jsonl", match="no file, folder or data set"),
        refused(tmp_path / "bad.jsonl", match="line 2"),
        refused(long, match=r"line 2: \d+ tokens, more than --max-tokens 200", max_tokens=200),
        refused(untrained, match="nothing to train on"),
        refused(untrained, match="no model 'smolm'", base="smolm"),
    ):
        with error:
            sft(out=tmp_path / "out", **{"base": str(base), **arguments})
    assert not (tmp_path / "out").exists()


def test_the_loss_is_the_mean_over_the_trained_tokens_of_the_whole_batch(base, data, tmp_path):
    model = load_model(str(base), "float32", "packed")
    one = pack([render(tiny_tokenizer("chatml"), messages)[0] for messages in DIALOGUES])
    mean = token_losses(model, model.get_output_embeddings(), one).mean().item()
    sft(data, tmp_path / "out", base=str(base), epochs=1, micro_tokens=130)
    assert curve(tmp_path / "out")[0] == pytest.approx(mean, rel=0.02)


def curve(out: Path, what: str = "loss") -> list[float]:
    """The loss, or another figure, of every optimiser step."""
    entries = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in entries] == list(range(1, len(entries) + 1))
    return [entry[what] for entry in entries]


def test_training_goes_on_with_an_adapter(base, data, tmp_path):
    sft(data, tmp_path / "first", base=str(base), epochs=30, lr=1e-2, rank=8)
    sft(data, tmp_path / "second", base=str(tmp_path / "first"), epochs=1, lr=1e-3)
    first, second = curve(tmp_path / "first"), curve(tmp_path / "second")
    assert second[0] < first[-1] + 0.05 < first[0] / 10
    manifest = Manifest.read(tmp_path / "second")
    assert (manifest.base, manifest.parent) == (str(base), str(tmp_path / "first"))
    assert tensors(tmp_path / "first").keys() == tensors(tmp_path / "second").keys()
    with pytest.raises(UsageError, match=r"is an adapter, .* python -m training.merge"):
        sft(data, tmp_path / "full", base=str(tmp_path / "first"), method="full")


def test_a_checkpoint_is_not_trained_on_prompts_it_does_not_know_unless_told(base, data, tmp_path):
    sft(data, tmp_path / "first", base=str(base), epochs=1)
    other = [[{"role": "system", "content": "Do otherwise."}, *DIALOGUES[0][1:]], DIALOGUES[1]]
    options = {"data": write(tmp_path / "other.jsonl", other), "base": str(tmp_path / "first"), "epochs": 1}
    with pytest.raises(UsageError, match=r"1 of 2 system prompts in .*other.jsonl are not those that"):
        sft(out=tmp_path / "second", **options)
    assert not (tmp_path / "second").exists()
    sft(out=tmp_path / "second", allow_other_prompt=True, **options)
    first, second = Manifest.read(tmp_path / "first"), Manifest.read(tmp_path / "second")
    assert set(first.prompts) < set(second.prompts)
    assert len(second.prompts) == 2
    template = tmp_path / "first" / "chat_template.jinja"
    template.write_text(template.read_text().replace("You are helpful.", "You are kind."))
    with pytest.raises(UsageError, match=r"the chat template of .*first is not the one that it was trained with"):
        sft(data, tmp_path / "third", base=str(tmp_path / "first"), epochs=1)


def test_the_order_of_a_curriculum_is_kept(base, data, tmp_path):
    model = load_model(str(base), "float32", "packed")
    alone = []
    for messages in DIALOGUES:
        one = pack(render(tiny_tokenizer("chatml"), messages))
        alone.append(token_losses(model, model.get_output_embeddings(), one).mean().item())
    options = {"base": str(base), "epochs": 1, "batch": 1, "lr": 1e-9}
    sft(data, tmp_path / "any", **options)
    data.with_name("data.jsonl.meta.json").write_text('{"order": "curriculum"}')
    with pytest.raises(UsageError, match="curriculum was False, not True"):
        sft(data, tmp_path / "any", **options)
    sft(data, tmp_path / "curriculum", **options)
    shuffled, kept = curve(tmp_path / "any"), curve(tmp_path / "curriculum")
    assert kept == pytest.approx(alone, rel=0.01)
    assert shuffled != pytest.approx(kept, rel=1e-3)
    assert sorted(shuffled) == pytest.approx(sorted(kept), rel=1e-5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_four_bits_are_refused_on_a_cpu(data, tmp_path):
    with pytest.raises(UsageError, match=r"qlora needs a CUDA GPU: .* unverified. Use --method lora"):
        sft(data, tmp_path / "out", base="absent", method="qlora")
    assert not (tmp_path / "out").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_an_adapter_learns_on_weights_in_four_bits(base, data, tmp_path):
    pytest.importorskip("bitsandbytes")
    from training.merge import merge

    options = {"base": str(base), "method": "qlora", "epochs": 60, "batch": 4, "lr": 1e-2, "rank": 32}
    sft(data, tmp_path / "out", **options)
    losses = curve(tmp_path / "out")
    assert losses[-1] < losses[0] / 10
    assert merge(tmp_path / "out", tmp_path / "merged") == 0
    for messages in DIALOGUES:
        expected = f"{messages[2]['content']}<|im_end|>"
        assert tiny_tokenizer("chatml").decode(written(tmp_path / "merged", base, messages[:2])) == expected


def test_progress_says_how_fast_how_much_of_it_counts_and_how_long_still(base, data, tmp_path, capsys):
    sft(data, tmp_path / "out", base=str(base), epochs=1)
    about, step, _ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"4 sequences, 485 tokens, 87 of them trained \(18%\), [\d,]+ trainable parameters", about)
    assert (curve(tmp_path / "out", "tokens"), curve(tmp_path / "out", "trained")) == ([485], [87])
    assert curve(tmp_path / "out", "seconds")[0] > 0
    assert re.fullmatch(r"step 1 of 1 · loss \d+\.\d{3} · [\d,]+ tokens/s, 18% trained · 0:00 left", step)


def test_nothing_is_reported_to_anybody(base, data, tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail(f"a connection was opened: {args[1:]}"))
    sft(data, tmp_path / "out", base=str(base), epochs=1)
