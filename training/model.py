"""Loading a model and its tokenizer by the names that policies use: `smollm2`, a folder, or a hub name."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from envs.errors import UsageError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

# Waiting threads sleep: with another busy process beside them, spinning ones are several times slower. OpenMP reads it
# when torch is loaded, so this stands before any import of it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = ["load_model", "load_tokenizer", "model_path"]


def model_path(name: str) -> str:
    """The folder of an embedded student for its name (`smollm2`); a folder or a hub name as it is.

    Raises:
        UsageError: it is no folder and cannot be a hub name, or it is the folder of an adapter.
    """
    from rollout.student import STUDENTS, student_path

    if name in STUDENTS:
        return str(student_path(name))
    if (Path(name) / "adapter_config.json").is_file():
        raise UsageError(f"{name} is an adapter: train on its base again (its manifest names it), with all the data")
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
    name: str, dtype: Literal["bfloat16", "float32"], attention: Literal["sdpa", "eager"] = "sdpa"
) -> "PreTrainedModel":
    """A causal language model to be trained.

    Raises:
        UsageError: there is none.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    path = model_path(name)
    disable_progress_bar()
    try:
        return AutoModelForCausalLM.from_pretrained(path, dtype=dtype, attn_implementation=attention)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} holds no causal language model: {error}") from None
