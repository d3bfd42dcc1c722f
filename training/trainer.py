"""transformers' `Trainer` on packs: the loss is normalised over a whole batch, however that is divided."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import torch
from accelerate.data_loader import prepare_data_loader
from torch.utils.data import DataLoader
from transformers import Trainer

from rollout.chat import Rendered
from training.loss import token_losses
from training.packing import Pack, pack, packs
from training.quiet import Cosine

__all__ = ["PackTrainer"]

_IDLE = replace(pack([Rendered([0, 0], [0.0, 1.0])]), weights=torch.zeros(1))
"""Work for a process that has none while the others work: they wait for each other in every pass."""


class PackTrainer(Cosine, Trainer):
    """Minimises the mean, over the trained tokens of a batch, of weight x negative log-likelihood.

    A batch is `per_device_train_batch_size` sequences, whatever the number of processes: each of them sees every batch
    and works on its share of the packs. So neither that number nor `micro_tokens` changes the result.

    Args:
        micro_tokens: a pack, which is what is in memory at a time, has at most so many tokens.
        shuffle: draw a new order of the data for every epoch; else take it as it is.
        **kwargs: of `Trainer`; the data is a list of sequences.
    """

    def __init__(self, *args: Any, micro_tokens: int, shuffle: bool, **kwargs: Any):
        self._micro_tokens, self._shuffle = micro_tokens, shuffle
        super().__init__(*args, data_collator=self._collate, **kwargs)

    def get_train_dataloader(self) -> DataLoader:
        """Batches of packs, the same in every process."""
        loader = DataLoader(
            self.train_dataset,
            batch_size=self.args.per_device_train_batch_size,
            shuffle=self._shuffle,
            collate_fn=self.data_collator,
        )
        # One process of one: the batches are not to be divided. The order then depends on seed and epoch alone.
        alone = {"num_processes": 1, "process_index": 0, "put_on_device": False}
        return prepare_data_loader(loader, **alone, use_seedable_sampler=True, data_seed=self.args.seed)

    def training_step(self, model, inputs: dict[str, Any], num_items_in_batch=None) -> torch.Tensor:
        """Run this process's packs one after the other; the losses of all packs add up to that of the batch."""
        whole = inputs["packs"]
        rounds = -(-len(whole) // self.args.world_size)
        own = whole[self.args.process_index :: self.args.world_size]
        own += [_IDLE] * (rounds - len(own))
        trained = sum(len(one.targets) for one in whole)
        self._begun, self._amount = time.monotonic(), {"tokens": inputs["tokens"], "trained": trained}
        losses = []
        for n, one in enumerate(own, 1):
            last = n == len(own)
            self.accelerator.gradient_state._set_sync_gradients(last)  # DeepSpeed steps where it is set
            with nullcontext() if last else self.accelerator.no_sync(model):
                losses.append(super().training_step(model, {"pack": one}, trained))
        return torch.stack(losses).sum()

    def compute_loss(
        self, model, inputs: dict[str, Pack], return_outputs=False, num_items_in_batch=None
    ) -> torch.Tensor:
        """A pack's part in the loss of a batch of `num_items_in_batch` trained tokens."""
        one = inputs["pack"].to(self.args.device)
        losses = token_losses(model, self.model.get_output_embeddings(), one)
        # Gradients will be averaged over processes, and are to be added.
        return (losses * one.weights).sum() / num_items_in_batch * self.args.world_size

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add to a step's entry what it took: tokens, those of them trained, seconds, and peak memory of the GPU."""
        if "loss" in logs:
            logs |= {**self._amount, "seconds": round(time.monotonic() - self._begun, 3)}
            if torch.cuda.is_available():
                logs["gpu_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        super().log(logs, start_time)

    def _collate(self, sequences: Sequence[Rendered]) -> dict[str, Any]:
        return {"packs": packs(sequences, self._micro_tokens), "tokens": sum(len(one.ids) for one in sequences)}
