"""DPO: the loss is the paper's, falls on what the policy wrote alone, and a killed training goes on."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
transformers = pytest.importorskip("transformers", reason="needs the `train` extra")
pytest.importorskip("trl", reason="needs the `train` extra")

from datasets import Dataset  # noqa: E402
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from trl import DPOConfig  # noqa: E402

from envs.errors import UsageError  # noqa: E402
from rollout.chat import prompt_hash, template_hash  # noqa: E402
from rollout.local_policy import load_model  # noqa: E402
from rollout.manifest import Manifest  # noqa: E402
from tests.tiny_models import tiny_model_folder  # noqa: E402
from tests.tiny_tokenizers import tiny_tokenizer  # noqa: E402
from training.dpo import dpo  # noqa: E402
from training.dpo_trainer import PairTrainer, collate  # noqa: E402
from training.pairs import conversations  # noqa: E402
from training.rows import render_row  # noqa: E402

# peft reads a property that transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

SYSTEM = "Use the tools."
BETA = 0.1


def pair(question: str, good: str, bad: str) -> dict:
    def turns(text: str) -> list[dict]:
        return [
            {"role": "assistant", "content": f"Action: {text}", "weight": 1},
            {"role": "user", "content": f"Observation: you said {text}, go on"},
            {"role": "assistant", "content": "Action: end", "weight": 1},
        ]

    prompt = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
    return {"prompt": prompt, "chosen": turns(good), "rejected": turns(bad), "format": "react"}


PAIRS = [pair("How many?", "count", "list them all"), pair("Who?", "name", "no"), pair("Why?", "because", "17 rows")]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return tiny_model_folder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def adapter(base, tmp_path_factory) -> Path:
    """An adapter folder with our manifest, as training.sft leaves one, whose adapter changes what the model says."""
    peft = pytest.importorskip("peft")
    torch.manual_seed(1)
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False)
    path = tmp_path_factory.mktemp("adapters") / "tuned"
    peft.get_peft_model(transformers.AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(path)
    tokenizer = tiny_tokenizer("chatml")
    tokenizer.save_pretrained(path)
    Manifest(str(base), "lora", "react", [prompt_hash(SYSTEM)], template_hash(tokenizer), data="").write(path)
    return path


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """Compute in float32."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


@pytest.fixture
def data(tmp_path) -> Path:
    return write(tmp_path / "pairs.jsonl", PAIRS)


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def example(row: dict) -> dict:
    sides = [render_row(tiny_tokenizer("chatml"), side)[0] for side in conversations(row)]
    return {
        f"{name}_{what}": values
        for name, side in zip(("chosen", "rejected"), sides, strict=True)
        for what, values in (("ids", side.ids), ("mask", [int(w) for w in side.mask]))
    }


def logp(model, ids: list[int], mask: list[int]) -> torch.Tensor:
    """The sum of log-probabilities of the tokens in the mask, written the plain way."""
    every = model(input_ids=torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    own = every.gather(-1, torch.tensor(ids)[1:, None])[:, 0]
    return own[torch.tensor(mask[1:], dtype=torch.bool)].sum()


def margin(model, row: dict) -> torch.Tensor:
    e = example(row)
    return logp(model, e["chosen_ids"], e["chosen_mask"]) - logp(model, e["rejected_ids"], e["rejected_mask"])


@pytest.fixture(scope="module")
def policies(base):
    """A policy, another one as its reference, and a trainer of both."""
    policy, reference = (transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32) for _ in range(2))
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in policy.model.layers.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
    config = DPOConfig(
        output_dir=str(base / "unused"),
        loss_type=["sigmoid", "sft"],
        loss_weights=[1.0, 0.5],
        beta=BETA,
        bf16=False,
        use_cpu=True,
        activation_checkpointing=False,
        remove_unused_columns=False,
        report_to="none",
    )
    trainer = PairTrainer(
        policy,
        ref_model=reference,
        args=config,
        data_collator=collate,
        train_dataset=Dataset.from_list([example(row) for row in PAIRS]),
        processing_class=tiny_tokenizer("chatml"),
    )
    return policy, reference, trainer


@pytest.mark.parametrize("row", PAIRS)
def test_the_loss_is_the_papers(policies, row):
    policy, reference, trainer = policies
    e = example(row)
    with torch.no_grad():
        reward = BETA * (margin(policy, row) - margin(reference, row))
        nll = -logp(policy, e["chosen_ids"], e["chosen_mask"]) / sum(e["chosen_mask"])
        loss = trainer.compute_loss(policy, collate([e]))
    assert abs(reward) > 1e-3
    assert loss.item() == pytest.approx(-torch.nn.functional.logsigmoid(reward).item() + 0.5 * nll.item(), rel=1e-4)


def test_a_batch_of_pairs_has_the_mean_loss_of_each(policies):
    policy, _, trainer = policies
    sides = [{**example(row), "chosen_mask": example(PAIRS[1])["chosen_mask"]} for row in PAIRS[1:2] * 2]
    with torch.no_grad():
        alone = trainer.compute_loss(policy, collate(sides[:1]))
        assert trainer.compute_loss(policy, collate(sides)).item() == pytest.approx(alone.item(), rel=1e-5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.data())
def test_only_tokens_of_the_mask_have_a_gradient(policies, drawn):
    policy, _, trainer = policies
    lengths = drawn.draw(st.lists(st.integers(4, 12), min_size=2, max_size=2))
    e = {}
    for side, length in zip(("chosen", "rejected"), lengths, strict=True):
        e[f"{side}_ids"] = drawn.draw(st.lists(st.integers(0, 200), min_size=length, max_size=length))
        e[f"{side}_mask"] = [0, *drawn.draw(st.lists(st.integers(0, 1), min_size=length - 1, max_size=length - 1))]
    e["chosen_mask"][-1] = 1  # a mean over no tokens is none
    hidden = []
    hook = policy.model.register_forward_hook(lambda *call: hidden.append(call[-1].last_hidden_state))
    try:
        batch = collate([e])
        loss = trainer.compute_loss(policy, batch)
        (gradient,) = torch.autograd.grad(loss, hidden[0])
    finally:
        hook.remove()
    counts = torch.zeros_like(batch["completion_mask"], dtype=torch.bool)
    for row, side in enumerate(("chosen", "rejected")):
        mask = e[f"{side}_mask"][1:]
        counts[row, : len(mask)] = torch.tensor(mask, dtype=torch.bool)
    assert torch.equal((gradient != 0).any(-1), counts)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_step_prefers_the_chosen_side(base, data, tmp_path, capsys, method):
    out = tmp_path / "out"
    dpo(data, out, str(base), method=method, lr=1e-3, batch=3, warmup=0.0, epochs=1)
    before, after = load_model(base)[0], load_model(out)[0]
    with torch.no_grad():
        for row in PAIRS:
            assert margin(after, row) > margin(before, row) + 0.01
    printed = capsys.readouterr().out
    assert "step 1 of 1 · loss 0.693" in printed  # log 2: the policy is its reference
    manifest = Manifest.read(out)
    assert (manifest.base, manifest.method, manifest.parent) == (str(base), "dpo", None)
    assert manifest.prompts == [prompt_hash(SYSTEM)]
    assert not (out / "checkpoints").exists()


def test_an_adapter_is_trained_on_and_is_its_own_reference(base, adapter, data, tmp_path, capsys):
    out = tmp_path / "out"
    dpo(data, out, str(adapter), lr=1e-3, batch=3, warmup=0.0, epochs=2)
    assert "step 1 of 2 · loss 0.693" in capsys.readouterr().out
    before, after, bare = (load_model(path)[0] for path in (adapter, out, base))
    with torch.no_grad():
        for row in PAIRS:
            assert margin(after, row) > margin(before, row) + 0.01
            assert abs(margin(before, row) - margin(bare, row)) > 0.1
    assert (Manifest.read(out).base, Manifest.read(out).parent) == (str(base), str(adapter))
    assert [path.name for path in out.glob("**/adapter_model.safetensors")] == ["adapter_model.safetensors"]
    with pytest.raises(UsageError, match="is an adapter: train it on with --method lora"):
        dpo(data, tmp_path / "other", str(adapter), method="full")


class Killed(BaseException):
    pass


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "adapter_model.safetensors")


@pytest.mark.parametrize("start", ["base", "adapter"])
def test_an_interrupted_training_goes_on_to_the_same_weights(start, request, data, tmp_path, capsys, monkeypatch):
    options = {"base": str(request.getfixturevalue(start)), "epochs": 2, "batch": 1, "save_steps": 4, "lr": 1e-3}
    dpo(data, tmp_path / "whole", **options)
    step, calls = PairTrainer.training_step, []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) == 5:
            raise Killed
        return step(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(PairTrainer, "training_step", dies)
        with pytest.raises(Killed):
            dpo(data, tmp_path / "broken", **options)
    assert not (tmp_path / "broken" / "manifest.json").exists()
    capsys.readouterr()
    dpo(data, tmp_path / "broken", **options)
    assert "resumed at step 4 of 6" in capsys.readouterr().out
    whole, resumed = tensors(tmp_path / "whole"), tensors(tmp_path / "broken")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)

    monkeypatch.setattr(PairTrainer, "__init__", None)
    dpo(data, tmp_path / "whole", **options)
    assert "already trained" in capsys.readouterr().out
    with pytest.raises(UsageError, match=r"another training: beta was 0\.1, not 0\.5"):
        dpo(data, tmp_path / "whole", beta=0.5, **options)


def test_data_that_cannot_be_trained_on_is_refused(base, adapter, tmp_path):
    other = [{**PAIRS[0], "prompt": [{"role": "system", "content": "Else."}, PAIRS[0]["prompt"][1]]}]
    silent = [{**PAIRS[0], "chosen": [{**turn, "weight": 0} for turn in PAIRS[0]["chosen"]]}]
    for rows, match, options in (
        (other, r"1 of 1 system prompts in .* are not those that .*tuned", {"base": str(adapter)}),
        (silent, "line 1, chosen: 0 sequences with loss, not 1", {}),
        (PAIRS, r"line 1, chosen: \d+ tokens, more than --max-tokens 20", {"max_tokens": 20}),
        (PAIRS, "beta must be above 0", {"beta": 0.0}),
        (PAIRS, "no model 'smolm'", {"base": "smolm"}),
    ):
        with pytest.raises(UsageError, match=match):
            dpo(write(tmp_path / "bad.jsonl", rows), tmp_path / "out", **{"base": str(base), **options})
    assert not (tmp_path / "out").exists()


def test_nothing_is_reported_to_anybody(base, data, tmp_path, monkeypatch):
    from trl.trainer import base_trainer

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(base_trainer, "send_telemetry", lambda *args, **kwargs: pytest.fail("telemetry was sent"))
    dpo(data, tmp_path / "out", str(base))
