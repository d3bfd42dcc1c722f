"""A training starts from a checkpoint and leaves one: what it starts with, how it goes on, and how it ends.

`plan.json` says what is trained, from the first moment; `checkpoints/` holds what an interrupted training goes on from;
`manifest.json` is written last and means done.
"""

import json
import shutil
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envs.errors import UsageError
from rollout.chat import template_hash
from rollout.manifest import Manifest
from training.model import load_model, load_tokenizer

if TYPE_CHECKING:
    import torch
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerFast, TrainingArguments

__all__ = ["SCRATCH", "Start", "check_device", "finish", "is_done", "known_warnings", "last_checkpoint", "lora_config"]
__all__ += ["settings", "write_plan"]

SCRATCH = "checkpoints"
_PLAN = "plan.json"


class Start:
    """The checkpoint from which a training goes on: a model, or an adapter folder of ours on the model it names.

    Args:
        name: smollm2, a model folder, a hub name, or an adapter folder with our manifest.

    Raises:
        UsageError: an adapter folder without a manifest.
    """

    def __init__(self, name: str):
        self.name, folder = name, Path(name)
        self.is_adapter = (folder / "adapter_config.json").is_file()
        ours = self.is_adapter or (folder / "manifest.json").is_file()
        self.manifest = Manifest.read(folder) if ours else None
        self.model = self.manifest.base if self.is_adapter else name

    def tokenizer(self) -> "PreTrainedTokenizerFast":
        """The tokenizer that lies with the checkpoint, else that of its model."""
        if self.is_adapter and (Path(self.name) / "tokenizer_config.json").is_file():
            from transformers import AutoTokenizer

            return AutoTokenizer.from_pretrained(self.name)
        return load_tokenizer(self.model)

    def check_prompts(self, tokenizer: "PreTrainedTokenizerFast", found: Sequence[str], data: Path) -> None:
        """Refuse to train a checkpoint of ours further on what it will not be shown.

        Args:
            tokenizer: what it is trained with.
            found: the hashes of the system prompts in the training data.
            data: the file that they are from.

        Raises:
            UsageError: the tokenizer has another chat template than in the training so far, or a prompt is new.
        """
        if self.manifest is None:
            return
        if template_hash(tokenizer) != self.manifest.template:
            raise UsageError(
                f"the chat template of {self.name} is not the one that it was trained with: restore it, or train on "
                "with another by training.sft --allow-other-prompt"
            )
        if unknown := set(found) - set(self.manifest.prompts):
            raise UsageError(
                f"{len(unknown)} of {len(found)} system prompts in {data} are not those that {self.name} was trained "
                "on. Take data with the environments and the format of its training, or teach it new ones by "
                "training.sft --allow-other-prompt"
            )

    def load(self, dtype: str, attention: str) -> "PreTrainedModel | PeftModel":
        """The model to train; where the checkpoint is an adapter, that adapter, ready to be trained on."""
        model = load_model(self.model, dtype, attention)
        if not self.is_adapter:
            return model
        from peft import PeftModel

        with known_warnings():
            return PeftModel.from_pretrained(model, self.name, is_trainable=True)


@contextmanager
def known_warnings() -> Iterator[None]:
    """Leave out what libraries warn each other of."""
    with warnings.catch_warnings():
        # peft and TRL read a property that transformers has renamed; TRL says that its hook for rollouts may change.
        warnings.filterwarnings("ignore", ".is_gradient_checkpointing. is deprecated", FutureWarning)
        warnings.filterwarnings("ignore", "You are using 'rollout_func'", UserWarning)
        yield


def lora_config(rank: int) -> "LoraConfig":
    """A new adapter on all linear layers inside the blocks; its scale alpha is twice its rank."""
    from peft import LoraConfig

    # "all-linear" leaves out the head, and with it the embedding that may be tied to it.
    return LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")


def is_done(out: Path, plan: dict[str, Any]) -> bool:
    """Whether `out` holds the finished result of `plan`.

    Raises:
        UsageError: it holds the result, or the beginning, of another; or something that is no training.
    """
    if (out / _PLAN).is_file():
        before = json.loads((out / _PLAN).read_text(encoding="utf-8"))
        differing = [
            f"{key} was {before.get(key)!r}, not {plan[key]!r}" for key in plan if before.get(key) != plan[key]
        ]
        if differing:
            raise UsageError(f"{out} holds another training: {'; '.join(differing)}. Choose another --out or delete it")
    elif out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty and holds no training: choose another --out")
    return (out / "manifest.json").is_file()


def settings(out: Path, save_steps: int, seed: int) -> dict[str, Any]:
    """What all our trainings ask of transformers' `TrainingArguments`."""
    import torch

    from rollout.local_policy import computes_in_bfloat16

    return {
        "output_dir": str(out / SCRATCH),
        "weight_decay": 0.0,
        "optim": "adamw_torch_fused",
        "bf16": computes_in_bfloat16(),
        "use_cpu": not torch.cuda.is_available(),
        "remove_unused_columns": False,
        "save_steps": save_steps,
        "save_total_limit": 1,
        "logging_steps": 1,
        "report_to": "none",
        "disable_tqdm": True,
        "seed": seed,
    }


def check_device(config: "TrainingArguments") -> None:
    """Refuse several GPUs or processes, for a trainer that uses one.

    Raises:
        UsageError: there are several.
    """
    if config.world_size > 1 or config.n_gpu > 1:
        raise UsageError("this training runs on one GPU: start it without a launcher, with CUDA_VISIBLE_DEVICES=0")


def write_plan(out: Path, plan: dict[str, Any]) -> None:
    """Begin: make the folder and say in it what is being trained."""
    out.mkdir(parents=True, exist_ok=True)
    (out / _PLAN).write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")


def last_checkpoint(out: Path) -> str | None:
    """The newest whole checkpoint; its `trainer_state.json` is written last."""
    found = [path.parent for path in (out / SCRATCH).glob("checkpoint-*/trainer_state.json")]
    return str(max(found, key=lambda path: int(path.name.rpartition("-")[2]))) if found else None


def finish(
    out: Path,
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerFast",
    start: Start,
    prompts: Iterable[str],
    weights: "dict[str, torch.Tensor] | None" = None,
    **manifest: Any,
) -> None:
    """Save the weights and the tokenizer, then the manifest, and delete the scratch.

    Args:
        out: the folder.
        model: what was trained; of an adapter the adapter alone is saved.
        tokenizer: goes with it.
        start: where the training started.
        prompts: the hashes of the system prompts in the training data; those of the start's are added.
        weights: those of the model, where it is divided over processes and does not hold them itself.
        **manifest: `method`, `format`, `data` and `args` of `Manifest`.
    """
    if hasattr(model, "peft_config"):
        # TRL's copy of the start, "ref", is scratch.
        model.save_pretrained(out, selected_adapters=["default"], state_dict=weights)
    else:
        import torch

        if weights:
            weights = {name: weight.to(torch.bfloat16) for name, weight in weights.items()}
        # Trained in float32, kept as such models are kept.
        model.to(torch.bfloat16).save_pretrained(out, state_dict=weights)
    (out / "README.md").unlink(missing_ok=True)  # peft's form to fill in; the manifest says what there is to say
    tokenizer.save_pretrained(out)
    Manifest(
        base=start.model,
        prompts=sorted({*prompts, *(start.manifest.prompts if start.manifest else ())}),
        template=template_hash(tokenizer),
        parent=start.name if start.manifest else None,
        versions={name: version(name) for name in ("agenttuning", "torch", "transformers", "trl", "peft")},
        **manifest,
    ).write(out)
    shutil.rmtree(out / SCRATCH, ignore_errors=True)
