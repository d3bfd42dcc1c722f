"""Direct preference optimisation: `python -m training.dpo --data pairs.jsonl --base runs/student --out runs/preferred`.

DPO (Rafailov et al. 2023, arXiv 2305.18290) on the pairs of `training.pairs`; with them it is ETO (Song et al. 2024).
The reference is the checkpoint that training starts from. `OUT/manifest.json` is written last. The same command again
goes on with an interrupted training from its last checkpoint, and leaves a finished one alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from training.checkpoint import (
    Start,
    check_device,
    finish,
    is_done,
    known_warnings,
    last_checkpoint,
    lora_config,
    settings,
    write_plan,
)
from training.pairs import conversations, read_pairs
from training.rows import Row, file_hash, formats, prompts, render_row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from training.dpo_trainer import PairTrainer

__all__ = ["dpo"]

LEARNING_RATES = {"lora": 5e-5, "full": 5e-6}


def dpo(
    data: Path,
    out: Path,
    base: str,
    method: Literal["lora", "full"] = "lora",
    beta: float = 0.1,
    nll: float = 0.0,
    epochs: float = 1.0,
    lr: float | None = None,
    batch: int = 16,
    rank: int = 16,
    warmup: float = 0.1,
    max_tokens: int = 2048,
    save_steps: int = 10,
    gradient_checkpointing: bool = False,
    seed: int = 0,
) -> None:
    """Train a checkpoint to prefer the chosen side of each pair to the rejected one.

    Args:
        data: the file, from training.pairs.
        out: folder for the adapter or the model, with tokenizer, template and manifest.json.
        base: the checkpoint to start from, which is also the reference: a folder from training.sft, or any model.
        method: lora trains the adapter that base is, or else a new one on it; full trains every weight, but for an
            embedding that is tied to the head.
        beta: how dear it is to leave the reference; smaller is freer.
        nll: weight of the chosen side's negative log-likelihood, a mean over its tokens (RPO); 0 for none.
        epochs: passes over the data.
        lr: peak learning rate. By default 5e-5 for lora, 5e-6 for full.
        batch: pairs in one optimiser step; one of them is in memory at a time.
        rank: of a new adapter; its scale alpha is twice that.
        warmup: share of the steps in which the learning rate rises; then it falls as a cosine.
        max_tokens: a pair with a longer side is refused (training.pairs drops them).
        save_steps: optimiser steps between checkpoints from which an interrupted training goes on.
        gradient_checkpointing: compute activations twice to save memory.
        seed: of a new adapter's start and of the order of the data.
    """
    start = Start(base)
    if start.is_adapter and method == "full":
        raise UsageError(f"{base} is an adapter: train it on with --method lora")
    if beta <= 0 or nll < 0:
        raise UsageError(f"beta must be above 0 and nll not below it, not {beta} and {nll}")
    arguments = {
        "base": base,
        "method": method,
        "beta": beta,
        "nll": nll,
        "epochs": epochs,
        "lr": lr or LEARNING_RATES[method],
        "batch": batch,
        "rank": rank if method == "lora" and not start.is_adapter else None,
        "warmup": warmup,
        "seed": seed,
    }
    console = Console(highlight=False, soft_wrap=True)
    rows = read_pairs(data)
    plan = {"data": file_hash(data), **arguments}
    if is_done(out, plan):
        console.print(f"{out} is already trained on this data with these arguments.")
        return
    tokenizer = start.tokenizer()
    chosen = [conversations(row)[0] for row in rows]
    start.check_prompts(tokenizer, prompts(chosen), data)
    examples = _examples(tokenizer, rows, data, max_tokens)
    write_plan(out, plan)
    trainer = _trainer(start, tokenizer, examples, out, arguments, save_steps, gradient_checkpointing)
    console.print(
        f"{len(examples)} pairs, {sum(sum(e['chosen_mask']) for e in examples):,} tokens to prefer to "
        f"{sum(sum(e['rejected_mask']) for e in examples):,}, "
        f"{trainer.model.num_parameters(only_trainable=True):,} trainable parameters"
    )
    with known_warnings():
        trainer.train(resume_from_checkpoint=last_checkpoint(out))
    last = next(entry for entry in reversed(trainer.state.log_history) if "rewards/margins" in entry)
    finish(
        out,
        trainer.model,
        tokenizer,
        start,
        method="dpo",
        format=",".join(formats(chosen)),
        prompts=prompts(chosen),
        data=plan["data"],
        args=arguments,
    )
    console.print(
        f"the last step preferred the chosen side in {last['rewards/accuracies']:.0%} of its pairs, "
        f"by a margin of {last['rewards/margins']:.3f}\n{out} is ready: --policy local:{out}"
    )


def _examples(
    tokenizer: "PreTrainedTokenizerFast", rows: Sequence[Row], data: Path, max_tokens: int
) -> list[dict[str, list[int]]]:
    """Ids and masks of both sides of every pair."""
    examples = []
    for number, row in enumerate(rows, 1):
        example = {}
        for side, conversation in zip(("chosen", "rejected"), conversations(row), strict=True):
            sequences = render_row(tokenizer, conversation)
            where = f"{data}, line {number}, {side}"
            if len(sequences) != 1:
                raise UsageError(f"{where}: {len(sequences)} sequences with loss, not 1 (training.pairs drops those)")
            (sequence,) = sequences
            if len(sequence.ids) > max_tokens:
                raise UsageError(f"{where}: {len(sequence.ids)} tokens, more than --max-tokens {max_tokens}")
            example[f"{side}_ids"] = sequence.ids
            example[f"{side}_mask"] = [int(weight != 0) for weight in sequence.mask]
        examples.append(example)
    return examples


def _trainer(
    start: Start,
    tokenizer: "PreTrainedTokenizerFast",
    examples: Sequence[dict[str, list[int]]],
    out: Path,
    arguments: dict[str, Any],
    save_steps: int,
    gradient_checkpointing: bool,
) -> "PairTrainer":
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import DPOConfig

    from rollout.local_policy import computes_in_bfloat16
    from training.dpo_trainer import PairTrainer, collate
    from training.progress import Progress

    gpu, lora, bf16 = torch.cuda.is_available(), arguments["method"] == "lora", computes_in_bfloat16()
    # Weights that are trained stay in float32, or small steps would be lost; those under an adapter are only read.
    model = start.load("bfloat16" if bf16 and lora else "float32", "sdpa")
    if not lora and model.config.tie_word_embeddings:
        model.get_input_embeddings().weight.requires_grad_(False)
    nll = arguments["nll"]
    config = DPOConfig(
        **settings(out, save_steps, arguments["seed"]),
        loss_type=["sigmoid", "sft"] if nll else ["sigmoid"],
        loss_weights=[1.0, nll] if nll else None,
        beta=arguments["beta"],
        num_train_epochs=arguments["epochs"],
        learning_rate=arguments["lr"],
        warmup_steps=arguments["warmup"],
        # One pair at a time: then the mean over a batch does not depend on how it was divided.
        per_device_train_batch_size=1,
        gradient_accumulation_steps=arguments["batch"],
        activation_checkpointing=gradient_checkpointing,
        dataloader_pin_memory=gpu,
    )
    check_device(config)
    tokens = sum(len(e["chosen_ids"]) + len(e["rejected_ids"]) for e in examples)
    with known_warnings():
        trainer = PairTrainer(
            model,
            args=config,
            data_collator=collate,
            train_dataset=Dataset.from_list(list(examples)),
            processing_class=tokenizer,
            peft_config=lora_config(arguments["rank"]) if lora and not start.is_adapter else None,
            callbacks=[Progress(tokens)],
        )
    trainer.remove_callback(PrinterCallback)
    return trainer


if __name__ == "__main__":
    main(dpo)
