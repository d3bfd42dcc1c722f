"""TRL's `SFTTrainer` on our ids, labels and weights: exact losses, little memory, no word to anybody."""

import math
from contextlib import nullcontext
from functools import partial

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import LambdaLR
from trl import SFTTrainer

from training.loss import IGNORED, weighted_loss

__all__ = ["QuietTrainer", "collate", "micro_batches"]

Batch = dict[str, torch.Tensor]


class QuietTrainer(SFTTrainer):
    """Trains on `input_ids`, `labels` and `weights` as they are; the loss is normalised over the whole batch.

    Args:
        micro_tokens: a batch runs in parts of at most so many padded tokens. It does not change the result.
        share: run what the sequences of a part have in common at their beginning once (`training.loss`).
        **kwargs: of `SFTTrainer`.
    """

    def __init__(self, *args, micro_tokens: int, share: bool, **kwargs):
        self._micro_tokens, self._share = micro_tokens, share
        super().__init__(*args, **kwargs)

    def training_step(self, model, inputs: Batch, num_items_in_batch=None) -> torch.Tensor:
        """Run the parts of a batch one after the other; their losses add up to that of the batch."""
        items = (inputs["labels"] != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        parts = micro_batches(inputs, self._micro_tokens)
        losses = []
        for n, part in enumerate(parts, 1):
            with nullcontext() if n == len(parts) else self.accelerator.no_sync(model):
                losses.append(super().training_step(model, part, items))
        return torch.stack(losses).sum()

    def compute_loss(self, model, inputs: Batch, return_outputs: bool = False, num_items_in_batch=None) -> torch.Tensor:
        """The part's share of the mean, over all trained tokens of the batch, of weight x negative log-likelihood."""
        total = weighted_loss(model, self.model.get_output_embeddings(), **inputs, share=self._share)
        # `num_items_in_batch` counts the tokens of all processes, over which the gradients will be averaged.
        return total / num_items_in_batch * self.accelerator.num_processes

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LambdaLR:
        """A rise, then a cosine. Unlike transformers' own, the first of few steps is not spent at a rate of 0."""
        warmup = self.args.get_warmup_steps(num_training_steps)
        self.lr_scheduler = LambdaLR(optimizer or self.optimizer, partial(_rate, warmup, num_training_steps))
        self._created_lr_scheduler = True
        return self.lr_scheduler

    def create_model_card(self, *args, **kwargs) -> None:
        """Checkpoints are scratch, and the result has a manifest."""

    def _send_telemetry(self) -> None:
        """TRL reports every trainer that is made to its authors; nothing leaves this machine."""


def _rate(warmup: int, steps: int, step: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))) / 2


def collate(examples: list[dict[str, list]]) -> Batch:
    """Pad on the right: labels with `IGNORED`, weights with 0, and ids with any, as no token that counts sees it."""
    padding = {"input_ids": 0, "labels": IGNORED, "weights": 0.0}
    return {
        name: pad_sequence([torch.tensor(e[name]) for e in examples], batch_first=True, padding_value=value)
        for name, value in padding.items()
    }


def micro_batches(batch: Batch, tokens: int) -> list[Batch]:
    """Divide a batch into parts of at most `tokens` padded tokens, or of one row where that alone is longer.

    Rows of one part begin alike where possible, and are of similar length.
    """
    lengths = [1 + int((row != IGNORED).nonzero().max()) for row in batch["labels"]]
    heads = [tuple(row[:32].tolist()) for row in batch["input_ids"]]
    groups: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda r: (heads[r], lengths[r])):
        if not groups or (len(groups[-1]) + 1) * max(lengths[row], *(lengths[r] for r in groups[-1])) > tokens:
            groups.append([])
        groups[-1].append(row)
    return [
        {name: values[group, : max(lengths[r] for r in group)] for name, values in batch.items()} for group in groups
    ]
