"""The loss of a pack, with logits only where a trained token follows: a fifth to a third of an agent's tokens."""

from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from training.packing import Pack

__all__ = ["token_losses"]


def token_losses(model: Callable, head: torch.nn.Module, pack: Pack) -> torch.Tensor:
    """The negative log-likelihood of every trained token.

    Args:
        model: a causal language model from `training.model.load_model`, or what wraps it.
        head: its output embedding, inside `model`.
        pack: on the model's device.

    Returns:
        [trained], float32, in nats, in the order of `pack.targets`.
    """
    handle = head.register_forward_pre_hook(lambda _, args: (args[0][0, pack.predictors],))
    try:
        logits = model(
            input_ids=pack.input_ids, position_ids=pack.position_ids, paths=pack.paths, use_cache=False
        ).logits
    finally:
        handle.remove()
    return cross_entropy(logits.float(), pack.targets, reduction="none")
