"""An adapter becomes part of its model: `python -m training.merge runs/student --out runs/merged`.

A served adapter costs a little at every token (on a CPU with vLLM, most of the speed); merged, it costs nothing. What
was written is read back and compared with the adapter before it counts: `OUT/manifest.json` is written last.
"""

import shutil
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro
from rich.console import Console

import envs
from envs.cli import main
from envs.errors import UsageError
from rollout.chat import prompt_ids
from training.checkpoint import Start
from training.model import load_model

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

__all__ = ["Agreement", "agreement", "merge"]


@dataclass(frozen=True)
class Agreement:
    """How near the next-token distributions of two models are, over all positions of some prompts."""

    positions: int
    logprob: float
    """Mean absolute difference, in nats, of the log-probability of the token that the first model finds likeliest."""
    logit: float
    """Largest absolute difference of a logit."""
    greedy: float
    """Share of positions at which both find the same token likeliest."""


def merge(adapter: Annotated[Path, tyro.conf.Positional], out: Path, prompts: int = 8, tolerance: float = 0.05) -> int:
    """Merge an adapter into the model that it was trained on, and check the result on real prompts.

    Weights are added in float32 and kept in bfloat16, whose rounding is what the tolerance is for. Exit status 1, and
    nothing in OUT, where the merged model differs by more.

    Args:
        adapter: folder from training.sft or training.dpo.
        out: folder for the model, with tokenizer, template and manifest.json; it must not exist, or be empty.
        prompts: how many first prompts of tasks of the SQL world are compared.
        tolerance: in nats, for the mean difference of the log-probability of the likeliest token.
    """
    import torch

    start = Start(str(adapter))
    if not start.is_adapter:
        raise UsageError(f"{adapter} is no adapter folder: it has no adapter_config.json")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty: choose another --out")
    tokenizer = start.tokenizer()
    asked = _prompts(tokenizer, prompts)
    model = _with_adapter(start)
    before = _logits(model, asked)
    model.merge_and_unload().to(torch.bfloat16).save_pretrained(out)
    found = agreement(before, _logits(load_model(str(out), "float32"), asked))
    said = (
        f"{found.logprob:.4f} nats mean difference over {found.positions} positions of {len(asked)} prompts, "
        f"the largest of a logit {found.logit:.3f}, same greedy token at {found.greedy:.1%}"
    )
    console = Console(highlight=False, soft_wrap=True)
    if not found.logprob <= tolerance:
        shutil.rmtree(out)
        console.print(f"the merged model is not the adapter's: {said}. More than {tolerance} nats; nothing was kept")
        return 1
    tokenizer.save_pretrained(out)
    replace(start.manifest, parent=str(adapter)).write(out)
    console.print(f"{said}\n{out} is ready: --policy local:{out}")
    return 0


def agreement(first: Sequence["torch.Tensor"], second: Sequence["torch.Tensor"]) -> Agreement:
    """Compare the logits [length, vocabulary] of two models on the same prompts."""
    import torch

    one, other = torch.cat(list(first)), torch.cat(list(second))
    likeliest = one.argmax(-1, keepdim=True)
    nats = [logits.log_softmax(-1).gather(-1, likeliest) for logits in (one, other)]
    return Agreement(
        positions=len(one),
        logprob=(nats[0] - nats[1]).abs().mean().item(),
        logit=(one - other).abs().max().item(),
        greedy=(likeliest == other.argmax(-1, keepdim=True)).float().mean().item(),
    )


def _with_adapter(start: Start) -> "PreTrainedModel":
    """The adapter on its model, in float32; after qlora on the 4-bit weights that it was trained on, unpacked."""
    from peft import PeftModel

    quantized = start.manifest.method == "qlora"
    model = load_model(start.model, "nf4" if quantized else "float32")
    if quantized:
        model = model.dequantize().float()
    with warnings.catch_warnings():
        # peft reads a property that transformers has renamed.
        warnings.filterwarnings("ignore", ".is_gradient_checkpointing. is deprecated", FutureWarning)
        return PeftModel.from_pretrained(model, start.name)


def _prompts(tokenizer: "PreTrainedTokenizerFast", count: int) -> list[list[int]]:
    """What a policy is shown first in tasks of the SQL world."""
    with closing(envs.make("db")) as world:
        tasks = list(islice(world.tasks("train"), count))
        return [
            prompt_ids(
                tokenizer,
                [{"role": "system", "content": world.prompt_of(task)}, {"role": "user", "content": task.prompt}],
            )
            for task in tasks
        ]


def _logits(model: "PreTrainedModel", prompts: Sequence[list[int]]) -> list["torch.Tensor"]:
    import torch

    model.eval()
    with torch.inference_mode():
        return [model(torch.tensor([ids], device=model.device)).logits[0].float() for ids in prompts]


if __name__ == "__main__":
    main(merge)
