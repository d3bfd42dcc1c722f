"""Loading a model and its tokenizer by the names that policies use: `smollm2`, a folder, or a hub name."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from envs.errors import UsageError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

# Waiting threads sleep: with another busy process beside them, spinning ones are several times slower. OpenMP reads it
# when torch is loaded, so this stands before any import of it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = ["load_model", "load_tokenizer", "model_path", "packable"]


def model_path(name: str) -> str:
    """The folder of an embedded student for its name (`smollm2`); a folder or a hub name as it is.

    Raises:
        UsageError: it is no folder and cannot be a hub name, or it is the folder of an adapter.
    """
    from rollout.student import STUDENTS, student_path

    if name in STUDENTS:
        return str(student_path(name))
    if (Path(name) / "adapter_config.json").is_file():
        raise UsageError(
            f"{name} is an adapter: give the model in its manifest, or `python -m training.merge` it first"
        )
    if not Path(name).is_dir() and (name.startswith((".", "/", "~")) or name.count("/") != 1):
        raise UsageError(
            f"no model {name!r}: give {', '.join(STUDENTS)}, a folder with a model, or a hub name OWNER/NAME"
        )
    return name


def load_tokenizer(name: str) -> "PreTrainedTokenizerFast":
    """The tokenizer of a model, with its chat template.

    Raises:
        UsageError: there is none.
    """
    from transformers import AutoTokenizer

    path = model_path(name)
    try:
        return AutoTokenizer.from_pretrained(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} holds no tokenizer: {error}") from None


def load_model(
    name: str,
    dtype: Literal["bfloat16", "float32", "nf4"],
    attention: Literal["packed", "sdpa", "eager"] = "sdpa",
) -> "PreTrainedModel":
    """A causal language model to be trained.

    Args:
        name: smollm2, a model folder, or a hub name.
        dtype: of its weights; nf4 is QLoRA's (Dettmers et al. 2023): linear layers in 4 bits, computed in bfloat16.
        attention: how it attends; packed, for `training.packing`, becomes sdpa where `packable` says no.

    Raises:
        UsageError: there is none.
    """
    from transformers import AttentionInterface, AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    path = model_path(name)
    disable_progress_bar()
    weights: dict[str, Any] = {"dtype": dtype}
    if dtype == "nf4":
        weights = {"dtype": "bfloat16", "quantization_config": _four_bits()}
    start = "sdpa" if attention == "packed" else attention
    try:
        model = AutoModelForCausalLM.from_pretrained(path, attn_implementation=start, **weights)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} holds no causal language model: {error}") from None
    if attention == "packed" and packable(model):
        from training.packing import ATTENTION, attend

        AttentionInterface.register(ATTENTION, attend)
        model.set_attn_implementation(ATTENTION)
    return model


def packable(model: "PreTrainedModel") -> bool:
    """Whether tokens of this model meet in plain attention alone, so that sequences in one row can be kept apart."""
    config = model.config
    kinds = set(getattr(config, "layer_types", None) or ()) - {"full_attention", "sliding_attention"}
    sinks = any(name.endswith("sinks") for name, _ in model.named_parameters())
    capped = getattr(config, "attn_logit_softcapping", None)
    return model._supports_attention_backend and not kinds and not sinks and not capped


def _four_bits():
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype="bfloat16",
    )
