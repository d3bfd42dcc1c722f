"""Supervised fine-tuning: `python -m training.sft --data data.jsonl --out runs/student`.

Loss falls on what the policy wrote and its stop tokens, and on nothing else. `OUT/manifest.json` is written last. The
same command again goes on with an interrupted training from its last checkpoint, and leaves a finished one alone.
On several GPUs, `accelerate launch --config_file examples/accelerate/fsdp.yaml -m training.sft ...` trains the same.
"""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from rollout.chat import Rendered
from training.checkpoint import Start, finish, is_done, last_checkpoint, lora_config, settings, write_plan
from training.rows import Row, file_hash, formats, prompts, read_rows, render_row

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerFast, TrainingArguments

    from training.trainer import PackTrainer

__all__ = ["LEARNING_RATES", "sft"]

LEARNING_RATES = {"lora": 1e-3, "qlora": 1e-3, "full": 1e-4}


def sft(
    data: Path,
    out: Path,
    base: str = "smollm2",
    method: Literal["lora", "qlora", "full"] = "lora",
    epochs: float = 3.0,
    lr: float | None = None,
    batch: int = 16,
    rank: int = 16,
    warmup: float = 0.1,
    max_tokens: int = 2048,
    micro_tokens: int = 3072,
    save_steps: int = 10,
    gradient_checkpointing: bool = False,
    allow_other_prompt: bool = False,
    seed: int = 0,
) -> None:
    """Fine-tune a model on a file of training conversations.

    Args:
        data: the file, from training.dataset. Its order is kept where that is a curriculum.
        out: folder for the adapter or the model, with tokenizer, template, manifest.json, and the loss of every step in
            log.jsonl.
        base: smollm2, a model folder, a hub name, or an adapter folder, whose adapter is then trained further.
        method: lora trains an adapter on all linear layers inside the blocks; qlora the same on weights in 4 bits,
            which needs a CUDA GPU; full trains every weight, but for an embedding that is tied to the head.
        epochs: passes over the data.
        lr: peak learning rate. By default 1e-3 for an adapter, 1e-4 for full.
        batch: conversations in one optimiser step, over all devices.
        rank: of a new adapter; its scale alpha is twice that.
        warmup: share of the steps in which the learning rate rises; then it falls as a cosine.
        max_tokens: a longer conversation is refused (training.dataset drops them).
        micro_tokens: tokens in memory at a time, on each device. It does not change the result.
        save_steps: optimiser steps between checkpoints from which an interrupted training goes on.
        gradient_checkpointing: compute activations twice to save memory.
        allow_other_prompt: train a checkpoint further even on system prompts or with a chat template that it was not
            trained on.
        seed: of the adapter's start and of the order of the data.
    """
    from accelerate import PartialState

    _check_machine(method)
    start, rows = Start(base), read_rows(data)
    _check_method(start, method)
    arguments = {
        "base": base,
        "method": method,
        "epochs": epochs,
        "lr": lr or LEARNING_RATES[method],
        "batch": batch,
        "rank": None if method == "full" or start.is_adapter else rank,
        "warmup": warmup,
        "curriculum": _is_curriculum(data),
        "seed": seed,
    }
    config = _config(out, arguments, save_steps, gradient_checkpointing)
    process = PartialState()  # as the configuration has made it
    console = Console(highlight=False, soft_wrap=True, quiet=not process.is_main_process)
    plan = {"data": file_hash(data), **arguments}
    if is_done(out, plan):
        console.print(f"{out} is already trained on this data with these arguments.")
        return
    tokenizer = start.tokenizer()
    if not allow_other_prompt:
        start.check_prompts(tokenizer, prompts(rows), data)
    sequences = _sequences(tokenizer, rows, data, max_tokens)
    process.wait_for_everyone()  # all have looked at the folder
    if process.is_main_process:
        write_plan(out, plan)
    trainer = _trainer(config, start, tokenizer, sequences, arguments, micro_tokens)
    trainer.train(resume_from_checkpoint=last_checkpoint(out))
    weights = _gathered(trainer)
    if process.is_main_process:
        _write_log(out, trainer.state.log_history)
        finish(
            out,
            trainer.model,
            tokenizer,
            start,
            method=method,
            format=",".join(formats(rows)),
            prompts=prompts(rows),
            weights=weights,
            data=plan["data"],
            args=arguments,
        )
    process.wait_for_everyone()
    console.print(f"{out} is ready: --policy local:{out}")


def _check_machine(method: str) -> None:
    """Refuse what cannot be trained here, before anything is read."""
    import torch

    if method == "qlora" and not torch.cuda.is_available():
        raise UsageError(
            "qlora needs a CUDA GPU: on a CPU, the gradients through bitsandbytes' 4-bit weights are unverified. Use "
            "--method lora"
        )
    if method == "qlora" and not find_spec("bitsandbytes"):
        raise UsageError("qlora needs bitsandbytes: pip install 'agenttuning[qlora]'")


def _check_method(start: Start, method: str) -> None:
    """Refuse to train an adapter by another method than its own."""
    if start.is_adapter and method == "full":
        raise UsageError(
            f"{start.name} is an adapter, which --method full would have to merge first: "
            f"python -m training.merge {start.name} --out DIR, then --base DIR"
        )
    if start.is_adapter and (method == "qlora") != (start.manifest.method == "qlora"):
        own = "lora" if method == "qlora" else "qlora"
        raise UsageError(f"{start.name} was trained by {start.manifest.method}, on other weights: give --method {own}")


def _is_curriculum(data: Path) -> bool:
    """Whether the order of the conversations in the file is meant."""
    about = data.with_name(f"{data.name}.meta.json")
    return about.is_file() and json.loads(about.read_text(encoding="utf-8")).get("order") == "curriculum"


def _sequences(
    tokenizer: "PreTrainedTokenizerFast", rows: Sequence[Row], data: Path, max_tokens: int
) -> list[Rendered]:
    """All training sequences of the file."""
    sequences = []
    for number, row in enumerate(rows, 1):
        rendered = render_row(tokenizer, row)
        longest = max((len(sequence.ids) for sequence in rendered), default=0)
        if longest > max_tokens:
            raise UsageError(f"{data}, line {number}: {longest} tokens, more than --max-tokens {max_tokens}")
        sequences += rendered
    if not sequences:
        raise UsageError(f"{data} has no turn of any weight: there is nothing to train on")
    return sequences


def _config(out: Path, arguments: dict[str, Any], save_steps: int, gradient_checkpointing: bool) -> "TrainingArguments":
    from transformers import TrainingArguments

    config = TrainingArguments(
        **settings(out, save_steps, arguments["seed"]),
        num_train_epochs=arguments["epochs"],
        learning_rate=arguments["lr"],
        warmup_steps=arguments["warmup"],
        per_device_train_batch_size=arguments["batch"],
        activation_checkpointing=gradient_checkpointing,
        ddp_find_unused_parameters=False,
    )
    if config.n_gpu > 1:
        raise UsageError(
            f"this machine has {config.n_gpu} GPUs: start with `accelerate launch -m training.sft` to use them all, or "
            "set CUDA_VISIBLE_DEVICES=0 to use one"
        )
    return config


def _model(start: Start, arguments: dict[str, Any]) -> "PreTrainedModel | PeftModel":
    """The model as it is before the first step."""
    from peft import get_peft_model
    from transformers import set_seed
    from transformers.modeling_utils import is_fsdp_enabled

    from rollout.local_policy import computes_in_bfloat16

    # Weights that are trained stay in float32, or small steps would be lost; those under an adapter are only read.
    # FSDP wants one type for both.
    dtype = {"lora": "bfloat16", "qlora": "nf4", "full": "float32"}[arguments["method"]]
    if dtype == "bfloat16" and (is_fsdp_enabled() or not computes_in_bfloat16()):
        dtype = "float32"
    model = start.load(dtype, "packed")
    if arguments["method"] == "full":
        if model.config.tie_word_embeddings:
            model.get_input_embeddings().weight.requires_grad_(False)
        return model
    if start.is_adapter:
        return model
    set_seed(arguments["seed"])
    return get_peft_model(model, lora_config(arguments["rank"]))


def _trainer(
    config: "TrainingArguments",
    start: Start,
    tokenizer: "PreTrainedTokenizerFast",
    sequences: Sequence[Rendered],
    arguments: dict[str, Any],
    micro_tokens: int,
) -> "PackTrainer":
    from transformers import PrinterCallback

    from training.packing import ATTENTION
    from training.progress import Progress
    from training.trainer import PackTrainer

    model = _model(start, arguments)
    tokens = sum(len(sequence.ids) for sequence in sequences)
    trained = sum(weight != 0 for sequence in sequences for weight in sequence.mask)
    trainer = PackTrainer(
        model,
        args=config,
        train_dataset=list(sequences),
        processing_class=tokenizer,
        callbacks=[Progress(tokens, trained)],
        # A model that cannot keep sequences apart gets one at a time.
        micro_tokens=micro_tokens if model.config._attn_implementation == ATTENTION else 0,
        shuffle=not arguments["curriculum"],
    )
    trainer.remove_callback(PrinterCallback)
    if trainer.is_world_process_zero():
        Console(highlight=False, soft_wrap=True).print(
            f"{len(sequences)} sequences, {tokens:,} tokens, {trained:,} of them trained ({trained / tokens:.0%}), "
            f"{model.num_parameters(only_trainable=True):,} trainable parameters"
        )
    return trainer


def _gathered(trainer: "PackTrainer") -> "dict[str, torch.Tensor] | None":
    """The weights in one piece, where the model is divided over processes; every process has to ask."""
    divided = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    return trainer.accelerator.get_state_dict(trainer.model_wrapped) if divided else None


def _write_log(out: Path, history: Sequence[dict[str, float]]) -> None:
    """One line of JSON for every optimiser step."""
    lines = [json.dumps(entry) + "\n" for entry in history if "loss" in entry]
    (out / "log.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sft)
