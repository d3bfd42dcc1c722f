"""What holds of every training: how it is divided and where it was stopped leave no trace; nor does what has no loss.

The properties of packing are in test_packing.py, those of merging in test_merge.py.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
transformers = pytest.importorskip("transformers", reason="needs the `train` extra")
pytest.importorskip("peft", reason="needs the `train` extra")

from rollout.chat import Rendered, prompt_ids, render, stop_ids  # noqa: E402
from tests.test_sft import DIALOGUES, curve, dialogue, tensors, write, written  # noqa: E402
from tests.tiny_models import tiny_model_folder  # noqa: E402
from tests.tiny_tokenizers import tiny_tokenizer  # noqa: E402
from training.loss import token_losses  # noqa: E402
from training.model import load_model  # noqa: E402
from training.packing import pack  # noqa: E402
from training.sft import sft  # noqa: E402

# peft reads a property that transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

MORE = [*DIALOGUES, *(dialogue(f"What is {n} times {n}?", "so " * n + str(n * n)) for n in range(5, 14))]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return tiny_model_folder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("data") / "data.jsonl", MORE)


@pytest.fixture
def exact(monkeypatch):
    """Compute in float32."""
    from rollout import local_policy

    monkeypatch.setattr(local_policy, "computes_in_bfloat16", lambda: False)


@pytest.mark.usefixtures("exact")
def test_a_batch_in_parts_is_the_large_batch_step_by_step(base, data, tmp_path):
    options = {"base": str(base), "epochs": 2, "batch": 8, "lr": 1e-2}
    for micro_tokens in (0, 250, 100_000):
        sft(data, tmp_path / str(micro_tokens), micro_tokens=micro_tokens, **options)
    alone, some, whole = (tmp_path / name for name in ("0", "250", "100000"))
    assert len(curve(whole)) == 4, "the last batch of an epoch is a smaller one"
    for parts in (alone, some):
        assert curve(parts) == pytest.approx(curve(whole), rel=1e-4)
        assert curve(parts, "grad_norm") == pytest.approx(curve(whole, "grad_norm"), rel=1e-3)


@pytest.mark.usefixtures("exact")
def test_activations_computed_twice_are_the_same(base, data, tmp_path):
    options = {"base": str(base), "epochs": 1, "batch": 8, "lr": 1e-2}
    sft(data, tmp_path / "once", **options)
    sft(data, tmp_path / "twice", gradient_checkpointing=True, **options)
    assert curve(tmp_path / "twice") == pytest.approx(curve(tmp_path / "once"), rel=1e-5)


def test_what_has_no_loss_has_no_gradient(base):
    """Logits at masked positions get a gradient of exactly 0: no other next token there would change anything."""
    model = load_model(str(base), "float32", "packed")
    (sequence,) = render(tiny_tokenizer("chatml"), DIALOGUES[0], weights=[0, 1])
    one = pack([sequence])
    hidden: list[torch.Tensor] = []

    def keep(_module, _args, output):
        output.last_hidden_state.retain_grad()
        hidden.append(output.last_hidden_state)

    handle = model.model.register_forward_hook(keep)
    token_losses(model, model.get_output_embeddings(), one).sum().backward()
    handle.remove()
    moved = hidden[0].grad[0].abs().sum(-1) > 0
    trained = [i - 1 for i, weight in enumerate(sequence.mask) if weight]
    assert moved.nonzero()[:, 0].tolist() == trained
    assert 0 < len(trained) < len(sequence.ids) / 3
    first_answer = len(prompt_ids(tiny_tokenizer("chatml"), DIALOGUES[0][:2]))
    assert not moved[first_answer : first_answer + 5].any(), "a turn of weight 0 is context"


def test_the_weight_of_a_turn_scales_its_gradient(base):
    model = load_model(str(base), "float32", "packed")
    (sequence,) = render(tiny_tokenizer("chatml"), DIALOGUES[0])

    def gradient(factor: float) -> torch.Tensor:
        one = pack([Rendered(sequence.ids, [factor * weight for weight in sequence.mask])])
        model.zero_grad()
        (token_losses(model, model.get_output_embeddings(), one) * one.weights).sum().backward()
        return model.model.layers[0].mlp.up_proj.weight.grad.clone()

    torch.testing.assert_close(gradient(0.25), gradient(1.0) / 4)


def test_without_the_stop_token_in_the_loss_a_model_does_not_learn_to_end(base, tmp_path):
    """What test_sft.py shows of a training as it is, that it ends its turn, comes from that token's loss."""
    tokenizer = tiny_tokenizer("chatml")
    cut = [[*messages[:2], {**messages[2], "cut": True}] for messages in DIALOGUES]
    data, options = write(tmp_path / "cut.jsonl", cut), {"epochs": 30, "batch": 4, "lr": 1e-2, "rank": 32}
    sft(data, tmp_path / "out", base=str(base), **options)
    answer = tokenizer(DIALOGUES[0][2]["content"])["input_ids"]
    endless = written(tmp_path / "out", base, DIALOGUES[0][:2])
    assert endless[: len(answer)] == answer
    assert endless[len(answer)] not in stop_ids(tokenizer)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", *map(str, arguments)]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"}


@pytest.mark.slow
def test_a_training_killed_anywhere_goes_on_to_the_same_loss_curve(base, data, tmp_path):
    """SIGKILL to the command while it writes its checkpoints, twice; then it is run to its end."""
    options = {"base": str(base), "epochs": 8, "batch": 4, "save_steps": 3}
    sft(data, tmp_path / "whole", **options)
    broken = tmp_path / "broken"
    flags = ["--base", base, "--epochs", "8", "--batch", "4", "--save-steps", "3"]
    line = command("training.sft", "--data", data, "--out", broken, *flags)
    for step in (6, 18):
        process = subprocess.Popen(line, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 120
        while not any(n >= step for n in saved(broken)):
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not (broken / "manifest.json").exists()
    result = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "resumed at step" in result.stdout
    assert curve(broken) == curve(tmp_path / "whole")
    ours, theirs = tensors(broken), tensors(tmp_path / "whole")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def saved(out: Path) -> list[int]:
    """The steps of the checkpoints that are whole."""
    return [
        int(p.parent.name.rpartition("-")[2]) for p in (out / "checkpoints").glob("checkpoint-*/trainer_state.json")
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(("method", "micro_tokens"), [("lora", 300), ("full", 100_000)])
def test_two_processes_train_what_one_does(base, data, tmp_path, method, micro_tokens):
    """Over gloo, on the CPU; in float32, so that only the order of sums differs. One pack leaves one of them idle."""
    options = {"base": str(base), "method": method, "epochs": 3, "batch": 8, "micro_tokens": micro_tokens}
    sft(data, tmp_path / "one", **options)
    flags = ["--base", base, "--method", method, "--epochs", "3", "--batch", "8", "--micro-tokens", micro_tokens]
    launch = ["torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m"]  # as accelerate does on GPUs
    line = command(*launch, "training.sft", "--data", data, "--out", tmp_path / "two", *flags)
    exact = environment() | {"ATEN_CPU_CAPABILITY": "avx2"}
    result = subprocess.run(line, env=exact, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("is ready") == 1
    assert curve(tmp_path / "two") == pytest.approx(curve(tmp_path / "one"), rel=1e-4)
    assert not (tmp_path / "two" / "checkpoints").exists()
