"""A merged adapter is the adapter: it says the same, and a merge that does not is refused."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the `train` extra")
pytest.importorskip("transformers", reason="needs the `train` extra")
pytest.importorskip("peft", reason="needs the `train` extra")

from envs.errors import UsageError  # noqa: E402
from rollout import local_policy  # noqa: E402
from rollout.manifest import Manifest  # noqa: E402
from tests.test_sft import DIALOGUES, saved_names, write, written  # noqa: E402
from tests.tiny_models import tiny_model_folder  # noqa: E402
from training import merge as module  # noqa: E402
from training.merge import agreement, merge  # noqa: E402
from training.sft import sft  # noqa: E402

# peft reads a property that transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """A tiny model with a tied embedding, and an adapter that knows the dialogues by heart."""
    folder = tmp_path_factory.mktemp("models")
    base = tiny_model_folder(folder / "tiny")
    data = write(folder / "data.jsonl", DIALOGUES)
    sft(data, folder / "adapter", base=str(base), epochs=30, batch=4, lr=1e-2, rank=32)
    return base, folder / "adapter"


def test_a_merged_adapter_says_what_the_adapter_says_and_is_a_checkpoint(folders, tmp_path, capsys, monkeypatch):
    base, adapter = folders
    out = tmp_path / "merged"
    assert merge(adapter, out) == 0
    assert "nats mean difference" in capsys.readouterr().out
    for messages in DIALOGUES:
        assert written(out, base, messages[:2]) == written(adapter, base, messages[:2])
    assert "lm_head.weight" not in saved_names(out), "the embedding is still tied"
    before, after = Manifest.read(adapter), Manifest.read(out)
    assert (after.base, after.method, after.parent) == (str(base), "lora", str(adapter))
    assert (after.prompts, after.template) == (before.prompts, before.template)
    monkeypatch.setattr(local_policy, "computes_in_bfloat16", lambda: False)
    model, tokenizer = local_policy.load_model(out)
    assert tokenizer.chat_template == local_policy.load_model(adapter)[1].chat_template
    assert next(model.parameters()).dtype == torch.float32


def test_a_merge_that_went_wrong_leaves_nothing(folders, tmp_path, capsys, monkeypatch):
    _, adapter = folders
    load = module.load_model

    def spoilt(name, *args):
        model = load(name, *args)
        if name == str(tmp_path / "merged"):
            model.model.layers[0].mlp.down_proj.weight.data *= 1.5
        return model

    monkeypatch.setattr(module, "load_model", spoilt)
    assert merge(adapter, tmp_path / "merged") == 1
    assert "the merged model is not the adapter's" in capsys.readouterr().out
    assert not (tmp_path / "merged").exists()


def test_agreement_is_measured_at_the_token_that_the_first_finds_likeliest():
    first, second = torch.tensor([[4.0, 0.0], [0.0, 1.0]]), torch.tensor([[4.0, 0.0], [1.0, 0.0]])
    same, other = agreement([first], [first]), agreement([first], [second])
    assert (same.positions, same.logprob, same.logit, same.greedy) == (2, 0.0, 0.0, 1.0)
    assert (other.logprob, other.logit, other.greedy) == (pytest.approx(0.5), 1.0, 0.5)


def test_what_cannot_be_merged_is_refused(folders, tmp_path):
    base, adapter = folders
    with pytest.raises(UsageError, match="is no adapter folder: it has no adapter_config"):
        merge(base, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="is not empty"):
        merge(adapter, tmp_path / "mine")
