"""What our trainers share. Each class stands before a trainer of TRL's in a class's bases."""

import math
from functools import partial

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

__all__ = ["Cosine", "Quiet"]


class Quiet:
    """Tells nobody of the training."""

    def create_model_card(self, *args, **kwargs) -> None:
        """Checkpoints are scratch, and the result has a manifest."""

    def _send_telemetry(self) -> None:
        """TRL reports every trainer that is made to its authors; nothing leaves this machine."""


class Cosine:
    """A learning rate that rises, then falls as a cosine."""

    def create_scheduler(self, num_training_steps: int, optimizer: Optimizer | None = None) -> LambdaLR:
        """Unlike with transformers' own, the first of few steps is not spent at a rate of 0."""
        warmup = self.args.get_warmup_steps(num_training_steps)
        self.lr_scheduler = LambdaLR(optimizer or self.optimizer, partial(_rate, warmup, num_training_steps))
        self._created_lr_scheduler = True
        return self.lr_scheduler


def _rate(warmup: int, steps: int, step: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))) / 2
