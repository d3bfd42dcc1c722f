"""TRL's `DPOTrainer` on our ids and masks."""

from typing import Any

import torch
from datasets import Dataset
from torch.nn.utils.rnn import pad_sequence
from trl import DPOTrainer

from training.quiet import Cosine, Quiet

__all__ = ["PairTrainer", "collate"]


class PairTrainer(Cosine, Quiet, DPOTrainer):
    """Trains on examples that `collate` takes. Log-probabilities are sums over the tokens of the mask alone."""

    def _prepare_dataset(self, dataset: Dataset, *_args: Any) -> Dataset:
        # TRL would make ids out of text, with a loss on all that follows the prompt, observations included.
        return dataset


def collate(examples: list[dict[str, list]]) -> dict[str, torch.Tensor]:
    """Pad a batch of pairs on the right, the chosen sides first, then the rejected ones.

    Args:
        examples: each with `chosen_ids` and `rejected_ids`, and `chosen_mask` and `rejected_mask`, 1 where
            a token that the policy wrote counts.

    Returns:
        `input_ids`, `attention_mask` and `completion_mask`, each [2 x pairs, length].
    """
    sides = [(e[f"{side}_ids"], e[f"{side}_mask"]) for side in ("chosen", "rejected") for e in examples]
    rows = [[torch.tensor(values) for values in (ids, [1] * len(ids), mask)] for ids, mask in sides]
    names = ("input_ids", "attention_mask", "completion_mask")
    return {n: pad_sequence(column, batch_first=True) for n, column in zip(names, zip(*rows, strict=True), strict=True)}
