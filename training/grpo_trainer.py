"""TRL's `GRPOTrainer` on the episodes of `training.rollouts`."""

import time
from typing import Any

import torch
from rich.console import Console
from transformers import TrainerCallback
from trl import GRPOTrainer

from training.quiet import Quiet
from training.rollouts import Rollouts

__all__ = ["GroupTrainer", "Lines", "given_reward"]

Batch = dict[str, torch.Tensor]


class GroupTrainer(Quiet, GRPOTrainer):
    """Its rollouts are played by our engine; what they say of tokens and rewards is taken as it is."""

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Batch:
        """The ratio that is clipped is that of the trained policy to the one that sampled.

        TRL would take the trainer's own log-probabilities for the latter's: then a difference between the two ways of
        computing them, or a step done again from a checkpoint with episodes of before, would go uncorrected.
        """
        batch = super()._generate_and_score_completions(inputs)
        return batch | {"old_per_token_logps": batch["sampling_per_token_logps"]}

    def _compute_loss(self, model: torch.nn.Module, inputs: Batch) -> torch.Tensor:
        """Leave out the padding to the longest row of the step, which these rows do not need."""
        prompt, completion = (int(inputs[f"{part}_mask"].sum(1).max()) for part in ("prompt", "completion"))
        width = inputs["completion_ids"].shape[1]
        cut = {k: v[:, :completion] for k, v in inputs.items() if v.dim() == 2 and v.shape[1] == width}
        cut |= {k: inputs[k][:, -prompt:] for k in ("prompt_ids", "prompt_mask")}
        return super()._compute_loss(model, inputs | cut)


def given_reward(reward: list[float], **_kwargs: Any) -> list[float]:
    """TRL's reward function: the rewards are among what the rollouts returned."""
    return reward


class Lines(TrainerCallback):
    """Prints a line for each optimiser step."""

    def __init__(self, rollouts: Rollouts):
        self._rollouts, self._console = rollouts, Console(highlight=False, soft_wrap=True)

    def on_train_begin(self, args, state, control, **kwargs):
        self._begun, self._first_step = time.monotonic(), state.global_step
        if state.global_step:
            self._console.print(f"resumed at step {state.global_step} of {state.max_steps}")

    def on_log(self, args, state, control, logs, **kwargs):
        if "loss" not in logs:
            return
        seconds = time.monotonic() - self._begun
        left = round((state.max_steps - state.global_step) * seconds / (state.global_step - self._first_step))
        self._console.print(
            f"step {state.global_step} of {state.max_steps} · {self._rollouts.tally} · "
            f"entropy {logs['entropy']:.3f} · clipped {logs['clip_ratio/region_mean']:.1%} · "
            f"{left // 60}:{left % 60:02} left"
        )
