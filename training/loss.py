"""The loss of a padded batch, with nothing computed that does not count.

Logits are made only where a label follows, a fifth to a third of an agent's tokens. Where the sequences of a batch
begin with the same ids, as those with one system prompt do, that beginning runs through the model once and the rest
attends to its cached keys and values. Neither changes the loss or its gradient beyond rounding.
"""

from collections.abc import Callable
from contextlib import contextmanager

import torch
import torch.nn.functional as F

__all__ = ["IGNORED", "shared_prefix", "weighted_loss"]

IGNORED = -100
"""The label of a token without loss."""
_WORTHWHILE = 16
"""A shorter common beginning costs more as a second call than it saves."""


def weighted_loss(
    model: Callable,
    head: torch.nn.Module,
    input_ids: torch.Tensor,
    labels: torch.Tensor,
    weights: torch.Tensor,
    share: bool = False,
) -> torch.Tensor:
    """The sum over all trained tokens of weight x negative log-likelihood.

    Rows are padded on the right with `IGNORED` labels. No attention mask is needed: attention is causal, so no token
    that counts sees the padding.

    Args:
        model: a causal language model, or what wraps it.
        head: its output embedding, inside `model`.
        input_ids: [rows, length].
        labels: [rows, length], the ids themselves, or `IGNORED`.
        weights: [rows, length], a weight for each label.
        share: run a common beginning of the rows once.

    Returns:
        A scalar in float32.
    """
    positions = torch.zeros_like(labels, dtype=torch.bool)
    positions[:, :-1] = labels[:, 1:] != IGNORED
    common = shared_prefix(input_ids, positions) if share else 0
    if common < _WORTHWHILE:
        with _only_at(head, positions):
            logits = model(input_ids=input_ids, use_cache=False).logits
    else:
        from transformers import DynamicCache

        cache = DynamicCache()
        model(input_ids=input_ids[:1, :common], past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(len(input_ids))
        with _only_at(head, positions[:, common:]):
            logits = model(input_ids=input_ids[:, common:], past_key_values=cache, use_cache=True).logits
    chosen = positions[:, :-1]
    losses = F.cross_entropy(logits.float(), labels[:, 1:][chosen], reduction="none")
    return (losses * weights[:, 1:][chosen]).sum()


def shared_prefix(input_ids: torch.Tensor, positions: torch.Tensor) -> int:
    """How many leading ids all rows have in common, before the first position whose next token is trained."""
    if len(input_ids) == 1:
        return 0
    same = (input_ids == input_ids[0]).all(dim=0) & ~positions.any(dim=0)
    return int(same.long().cumprod(dim=0).sum())


@contextmanager
def _only_at(head: torch.nn.Module, positions: torch.Tensor):
    """Let the head see only the hidden states at `positions`: logits come out as [n, vocabulary], in row order."""
    handle = head.register_forward_pre_hook(lambda _, args: (args[0][positions],))
    try:
        yield
    finally:
        handle.remove()
