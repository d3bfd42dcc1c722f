"""Supervised fine-tuning: `python -m training.sft --data data.jsonl --out runs/student`.

TRL's `SFTTrainer` is fed with our ids and labels as they are: loss on what the policy wrote and its stop tokens, and
nothing else. `OUT/manifest.json` is written last. The same command again goes on with an interrupted training from its
last checkpoint, and leaves a finished one alone.
"""

import json
import shutil
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from rollout.chat import template_hash
from rollout.manifest import Manifest
from training.model import load_model, load_tokenizer
from training.rows import Row, file_hash, formats, prompts, read_rows, render_row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from training.trainer import QuietTrainer

__all__ = ["sft"]

LEARNING_RATES = {"lora": 1e-3, "full": 1e-4}
_EAGER_LENGTH = 1024
"""On a CPU, plain attention trains sequences up to about this length faster than the fused kernel, in more memory."""
_SCRATCH = "checkpoints"
_PLAN = "plan.json"


def sft(
    data: Path,
    out: Path,
    base: str = "smollm2",
    method: Literal["lora", "full"] = "lora",
    epochs: float = 3.0,
    lr: float | None = None,
    batch: int = 16,
    rank: int = 16,
    warmup: float = 0.1,
    max_tokens: int = 2048,
    micro_tokens: int = 3072,
    save_steps: int = 10,
    gradient_checkpointing: bool = False,
    seed: int = 0,
) -> None:
    """Fine-tune a model on a file of training conversations.

    Args:
        data: the file, from training.dataset.
        out: folder for the adapter or the model, with tokenizer, template and manifest.json.
        base: smollm2, a model folder, or a hub name.
        method: lora trains an adapter on all linear layers inside the blocks; full trains every weight, but for an
            embedding that is tied to the head.
        epochs: passes over the data.
        lr: peak learning rate. By default 1e-3 for lora, 1e-4 for full.
        batch: conversations in one optimiser step, on each device.
        rank: of the adapter; its scale alpha is twice that.
        warmup: share of the steps in which the learning rate rises; then it falls as a cosine.
        max_tokens: a longer conversation is refused (training.dataset drops them).
        micro_tokens: tokens in memory at a time. It does not change the result.
        save_steps: optimiser steps between checkpoints from which an interrupted training goes on.
        gradient_checkpointing: compute activations twice to save memory.
        seed: of the adapter's start and of the order of the data.
    """
    arguments = {
        "base": base,
        "method": method,
        "epochs": epochs,
        "lr": lr or LEARNING_RATES[method],
        "batch": batch,
        "rank": rank if method == "lora" else None,
        "warmup": warmup,
        "seed": seed,
    }
    console = Console(highlight=False, soft_wrap=True)
    rows = read_rows(data)
    plan = {"data": file_hash(data), **arguments}
    if _is_done(out, plan):
        console.print(f"{out} is already trained on this data with these arguments.")
        return
    tokenizer = load_tokenizer(base)
    examples = _examples(tokenizer, rows, data, max_tokens)
    out.mkdir(parents=True, exist_ok=True)
    (out / _PLAN).write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
    trainer = _trainer(tokenizer, examples, out, arguments, micro_tokens, save_steps, gradient_checkpointing)
    tokens = sum(len(e["labels"]) for e in examples)
    trained = sum(weight != 0 for e in examples for weight in e["weights"])
    console.print(
        f"{len(examples)} sequences, {tokens:,} tokens, {trained:,} of them trained ({trained / tokens:.0%}), "
        f"{trainer.model.num_parameters(only_trainable=True):,} trainable parameters"
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(out))
    _save(trainer, tokenizer, out, method)
    Manifest(
        base=base,
        method=method,
        format=",".join(formats(rows)),
        prompts=prompts(rows),
        template=template_hash(tokenizer),
        data=plan["data"],
        args=arguments,
        parent=base if (Path(base) / "manifest.json").is_file() else None,
        versions={name: version(name) for name in ("agenttuning", "torch", "transformers", "trl", "peft")},
    ).write(out)
    shutil.rmtree(out / _SCRATCH)
    console.print(f"{out} is ready: --policy local:{out}")


def _is_done(out: Path, plan: dict[str, Any]) -> bool:
    """Whether `out` holds the finished result of `plan`. Refuses the result, or the beginning, of another."""
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


def _examples(
    tokenizer: "PreTrainedTokenizerFast", rows: Sequence[Row], data: Path, max_tokens: int
) -> list[dict[str, list]]:
    """Ids, labels and weights of every sequence in the file."""
    from training.loss import IGNORED

    examples = []
    for number, row in enumerate(rows, 1):
        for sequence in render_row(tokenizer, row):
            if len(sequence.ids) > max_tokens:
                raise UsageError(
                    f"{data}, line {number}: {len(sequence.ids)} tokens, more than --max-tokens {max_tokens}"
                )
            labels = [i if weight else IGNORED for i, weight in zip(sequence.ids, sequence.mask, strict=True)]
            examples.append({"input_ids": sequence.ids, "labels": labels, "weights": sequence.mask})
    if not examples:
        raise UsageError(f"{data} has no turn of any weight: there is nothing to train on")
    return examples


def _trainer(
    tokenizer: "PreTrainedTokenizerFast",
    examples: Sequence[dict[str, list]],
    out: Path,
    arguments: dict[str, Any],
    micro_tokens: int,
    save_steps: int,
    gradient_checkpointing: bool,
) -> "QuietTrainer":
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig

    from rollout.local_policy import computes_in_bfloat16
    from training.progress import Progress
    from training.trainer import QuietTrainer, collate

    gpu, lora, bf16 = torch.cuda.is_available(), arguments["method"] == "lora", computes_in_bfloat16()
    short = max(len(e["labels"]) for e in examples) <= _EAGER_LENGTH
    # Weights that are trained stay in float32, or small steps would be lost; those under an adapter are only read.
    dtype = "bfloat16" if bf16 and lora else "float32"
    model = load_model(arguments["base"], dtype, "eager" if short and not gpu else "sdpa")
    if model.config.tie_word_embeddings and not lora:
        model.get_input_embeddings().weight.requires_grad_(False)
    config = SFTConfig(
        output_dir=str(out / _SCRATCH),
        num_train_epochs=arguments["epochs"],
        learning_rate=arguments["lr"],
        warmup_steps=arguments["warmup"],
        per_device_train_batch_size=arguments["batch"],
        weight_decay=0.0,
        optim="adamw_torch_fused",
        bf16=bf16,
        use_cpu=not gpu,
        activation_checkpointing=gradient_checkpointing,
        dataloader_pin_memory=gpu,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        save_steps=save_steps,
        save_total_limit=1,
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        seed=arguments["seed"],
    )
    with warnings.catch_warnings():
        # peft reads a property that transformers has renamed.
        warnings.filterwarnings("ignore", ".is_gradient_checkpointing. is deprecated", FutureWarning)
        trainer = QuietTrainer(
            model,
            args=config,
            data_collator=collate,
            train_dataset=Dataset.from_list(list(examples)),
            processing_class=tokenizer,
            peft_config=_lora(arguments["rank"]) if lora else None,
            callbacks=[Progress(sum(len(e["labels"]) for e in examples))],
            micro_tokens=micro_tokens,
            share=not gpu and not gradient_checkpointing,
        )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _lora(rank: int):
    from peft import LoraConfig

    # "all-linear" leaves out the head, and with it the embedding that may be tied to it.
    return LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")


def _last_checkpoint(out: Path) -> str | None:
    """The newest whole checkpoint; its `trainer_state.json` is written last."""
    found = [path.parent for path in (out / _SCRATCH).glob("checkpoint-*/trainer_state.json")]
    return str(max(found, key=lambda path: int(path.name.rpartition("-")[2]))) if found else None


def _save(trainer: "QuietTrainer", tokenizer: "PreTrainedTokenizerFast", out: Path, method: str) -> None:
    model = trainer.model
    if method == "full":
        import torch

        # Trained in float32, kept as such models are kept.
        model = model.to(torch.bfloat16)
    model.save_pretrained(out)
    (out / "README.md").unlink(missing_ok=True)  # peft's form to fill in; the manifest says what there is to say
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    main(sft)
