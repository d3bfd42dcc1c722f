"""Online reinforcement learning: `python -m training.grpo --env db --base runs/student --out runs/grpo`.

GRPO (Shao et al. 2024, arXiv 2402.03300) with TRL's trainer on episodes that our engine plays: at each step the model
that is being trained tries tasks several times each, in this process, and learns from the groups whose rewards differ.
Every episode is kept in the store, in the runs `RUN-0000`, `RUN-0001`, ... of the steps. `OUT/manifest.json` is written
last. The same command again goes on with an interrupted training, and leaves a finished one alone.
"""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console

import envs
from envs.cli import main
from envs.errors import UsageError
from evaluation.guard import guard
from rollout.chat import prompt_hash
from rollout.selection import select_tasks
from rollout.store import DEFAULT_STORE
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

if TYPE_CHECKING:
    from training.grpo_trainer import GroupTrainer
    from training.rollouts import Rollouts

__all__ = ["grpo"]


def grpo(
    env: str,
    base: str,
    out: Path,
    split: Literal["explore", "train"] = "explore",
    difficulty: str | None = None,
    n: int = 1000,
    steps: int = 50,
    groups: int = 8,
    samples: int = 8,
    loss: Literal["dapo", "grpo", "dr_grpo"] = "dapo",
    iterations: int = 1,
    clip: float = 0.2,
    kl: float = 0.0,
    lr: float = 5e-5,
    rank: int = 16,
    run: str | None = None,
    format: str = "react",
    max_turns: int | None = None,
    max_tokens: int = 128,
    context: int = 2048,
    concurrency: int = 32,
    save_steps: int = 5,
    seed: int = 0,
    store: Path = DEFAULT_STORE,
) -> int:
    """Train an adapter on a checkpoint's own attempts at tasks. Tokens are drawn at temperature 1.

    Exit status 1 when it ended early, because the policy nearly always solved the tasks, or nearly never.

    Args:
        env: environment, by short name or id (python -m envs lists them).
        base: the checkpoint to start from: an adapter folder, which is trained on, or a model, which gets an adapter.
        out: folder for the adapter, with tokenizer, template and manifest.json.
        split: the tasks to try, explore or train.
        difficulty: only tasks of this difficulty, 1 to 5, or of a range as in 1-2.
        n: tasks to draw from.
        steps: generations of episodes to learn from.
        groups: tasks in a step, each tried `samples` times. Tasks whose attempts all have the same reward are skipped,
            and others are tried instead.
        samples: attempts at a task in a step; what one is worth is its reward less their mean.
        loss: dapo is a mean over all tokens of a step; grpo a mean over episodes of means over their tokens, which
            favours short ones; dr_grpo a sum over constants, without dividing by a group's standard deviation.
        iterations: optimiser steps on the same episodes.
        clip: how far the ratio of a token's new to its old probability may leave 1 and still teach.
        kl: weight of the divergence from the checkpoint that training starts from; 0 for none.
        lr: learning rate, constant.
        rank: of a new adapter; its scale alpha is twice that.
        run: name under which the episodes are kept, with the number of the step behind it. By default the name of out.
        format: how actions are written, react or hermes.
        max_turns: actions of one episode. By default the environment's own limit.
        max_tokens: tokens of one reply.
        context: tokens of a whole conversation.
        concurrency: episodes at a time.
        save_steps: steps between checkpoints from which an interrupted training goes on.
        seed: of the draws of tasks and tokens, and of a new adapter's start.
        store: the SQLite file that keeps the episodes.
    """
    _check(samples=samples, groups=groups, steps=steps, iterations=iterations, clip=clip, lr=lr, kl=kl)
    if split not in ("explore", "train"):
        raise UsageError(f"tasks for evaluation may not be trained on: the split is train or explore, not {split!r}")
    start, run = Start(base), run or out.name
    tasks = select_tasks(env, split, n, difficulty)
    guard(tasks)
    digest = hashlib.sha256("\n".join(task.to_json() for task in tasks).encode()).hexdigest()
    arguments = {
        "base": base,
        "env": tasks[0].env,
        "steps": steps,
        "groups": groups,
        "samples": samples,
        "loss": loss,
        "iterations": iterations,
        "clip": clip,
        "kl": kl,
        "lr": lr,
        "rank": None if start.is_adapter else rank,
        "run": run,
        "format": format,
        "max_turns": max_turns,
        "max_tokens": max_tokens,
        "context": context,
        "seed": seed,
    }
    console = Console(highlight=False, soft_wrap=True)
    plan = {"data": digest, **arguments}
    if is_done(out, plan):
        console.print(f"{out} is already trained on these tasks with these arguments.")
        return 0
    with closing(envs.make(tasks[0].env, format=format)) as world:
        prompts = {prompt_hash(world.prompt_of(task)) for task in tasks}

    from training.rollouts import NothingToLearn, Rollouts

    tokenizer = start.tokenizer()
    collecting = {"store": store, "format": format, "max_turns": max_turns, "concurrency": concurrency}
    rollouts = Rollouts(tokenizer, tasks, groups, samples, run, seed, max_tokens, context, collecting)
    write_plan(out, plan)
    trainer = _trainer(start, rollouts, out, arguments, save_steps)
    console.print(
        f"{len(tasks)} tasks, {steps} steps of {groups} groups of {samples} episodes, "
        f"{trainer.model.num_parameters(only_trainable=True):,} trainable parameters"
    )
    ended = ""
    try:
        with known_warnings():
            trainer.train(resume_from_checkpoint=last_checkpoint(out))
    except NothingToLearn as reason:
        if trainer.state.global_step == 0:
            raise UsageError(f"nothing to learn at the first step: {reason}. Choose another --difficulty") from None
        ended = f"ended at step {trainer.state.global_step}: {reason}\n"
    finish(
        out,
        trainer.model,
        tokenizer,
        start,
        method="grpo",
        format=format,
        prompts=prompts,
        data=digest,
        args=arguments | {"ended": trainer.state.global_step},
    )
    console.print(f"{ended}{out} is ready: --policy local:{out}")
    return 1 if ended else 0


def _check(**values: float) -> None:
    least = {"samples": 2, "kl": 0}
    for name, value in values.items():
        if name in least and value < least[name]:
            raise UsageError(f"{name} must be at least {least[name]}, not {value}")
        if name not in least and value <= 0:
            raise UsageError(f"{name} must be above 0, not {value}")


def _trainer(
    start: Start, rollouts: "Rollouts", out: Path, arguments: dict[str, Any], save_steps: int
) -> "GroupTrainer":
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOConfig

    from rollout.local_policy import computes_in_bfloat16
    from training.grpo_trainer import GroupTrainer, Lines, given_reward

    gpu, bf16, iterations = torch.cuda.is_available(), computes_in_bfloat16(), arguments["iterations"]
    rows = rollouts.groups * rollouts.samples
    config = GRPOConfig(
        # A checkpoint between two steps on the same episodes would not go on with them.
        **settings(out, save_steps * iterations, arguments["seed"]),
        max_steps=arguments["steps"] * iterations,
        num_generations=rollouts.samples,
        # One row at a time: then no loss depends on how a step was divided.
        per_device_train_batch_size=1,
        gradient_accumulation_steps=rows,
        num_iterations=iterations,
        max_completion_length=rollouts.context,
        temperature=1.0,
        loss_type=arguments["loss"],
        scale_rewards="none" if arguments["loss"] == "dr_grpo" else "group",
        epsilon=arguments["clip"],
        beta=arguments["kl"],
        learning_rate=arguments["lr"],
        warmup_steps=0,
        lr_scheduler_type="constant",
        activation_checkpointing=False,
        dataloader_pin_memory=gpu,
        shuffle_dataset=False,
        ignore_data_skip=True,
    )
    check_device(config)
    with known_warnings():
        trainer = GroupTrainer(
            start.load("bfloat16" if bf16 else "float32", "sdpa"),
            reward_funcs=given_reward,
            args=config,
            train_dataset=Dataset.from_dict({"prompt": [""] * rollouts.groups}),  # the rollouts choose the tasks
            processing_class=rollouts.tokenizer,
            peft_config=None if start.is_adapter else lora_config(arguments["rank"]),
            rollout_func=rollouts,
            callbacks=[Lines(rollouts)],
        )
    trainer.remove_callback(PrinterCallback)
    return trainer


if __name__ == "__main__":
    main(grpo)
