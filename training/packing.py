"""Sequences end to end in one row, without padding, and what they begin with in common only once.

The sequences of a pack form a tree: a stretch of ids that several of them begin with (a system prompt, the turns before
a conversation went on in two ways) runs through the model once, and the stretches behind it attend to it. Only
attention mixes tokens, so that function is ours (`attend`): a stretch is shown itself and the stretches on its way from
the root, and nothing else is even passed to it. Losses and gradients are those of the sequences one by one, up to
rounding.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch.nn.functional import scaled_dot_product_attention

from rollout.chat import Rendered

__all__ = ["ATTENTION", "Pack", "attend", "pack", "packs"]

ATTENTION = "packed"
"""The name that `attend` has among transformers' attention functions."""
_WORTHWHILE = 16
"""A shorter common beginning costs more as a stretch of its own than it saves."""

_SMALL = 400_000
"""Pairs of tokens up to which, on a CPU in bfloat16, plain products are faster than the fused kernel (measured)."""

Path = tuple[slice, ...]
"""What a stretch sees, as slices of the row, from the root of the tree to the stretch itself, which is the last."""


@dataclass(frozen=True)
class Pack:
    """Sequences in one row. A trained token is one whose loss has a weight.

    Args:
        input_ids: [1, tokens].
        position_ids: [1, tokens]; each sequence counts from 0.
        paths: one for each stretch, in the order of the row.
        predictors: [trained], for each trained token where in the row the one before it lies.
        targets: [trained], the trained ids.
        weights: [trained], float32.
        sequences: [trained], the number of the sequence to which it belongs.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    paths: tuple[Path, ...]
    predictors: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    sequences: torch.Tensor

    def to(self, device: torch.device) -> "Pack":
        """The same on another device."""
        tensors = {name: value for name, value in vars(self).items() if isinstance(value, torch.Tensor)}
        return replace(self, **{name: tensor.to(device) for name, tensor in tensors.items()})


def pack(sequences: Sequence[Rendered]) -> Pack:
    """Lay sequences, of which each ends with a trained token as those of `chat.render` do, into one row."""
    tree = _Tree([sequence.ids for sequence in sequences])
    trained = [
        (tree.places[n][i - 1], sequence.ids[i], weight, n)
        for n, sequence in enumerate(sequences)
        for i, weight in enumerate(sequence.mask)
        if weight != 0 and i > 0  # nothing predicts the first
    ]
    predictors, targets, weights, numbers = zip(*trained, strict=True)
    return Pack(
        input_ids=torch.tensor([tree.row]),
        position_ids=torch.tensor([tree.positions]),
        paths=tuple(tree.paths),
        predictors=torch.tensor(predictors),
        targets=torch.tensor(targets),
        weights=torch.tensor(weights, dtype=torch.float32),
        sequences=torch.tensor(numbers),
    )


def packs(sequences: Sequence[Rendered], tokens: int) -> list[Pack]:
    """Divide sequences over packs of at most `tokens` tokens each, or of one sequence where that alone is longer.

    Sequences that begin alike come into one pack where possible.
    """
    groups: list[list[Rendered]] = []
    room, before = 0, []
    for sequence in sorted(sequences, key=lambda sequence: sequence.ids):
        added = len(sequence.ids) - _common(before, sequence.ids)
        if not groups or added > room:
            groups.append([])
            room, added = tokens, len(sequence.ids)
        groups[-1].append(sequence)
        room, before = room - added, sequence.ids
    return [pack(group) for group in groups]


class _Tree:
    """Where the tokens of sequences lie in one row."""

    def __init__(self, sequences: list[list[int]]):
        self.row: list[int] = []
        self.positions: list[int] = []
        self.paths: list[Path] = []
        self.places: list[list[int]] = [[] for _ in sequences]
        self._sequences = sequences
        self._grow(range(len(sequences)), 0, ())

    def _grow(self, numbers: Sequence[int], start: int, path: Path) -> None:
        """Lay out what some sequences hold from position `start` on; up to there they are alike, and end in `path`."""
        first = self._sequences[numbers[0]]
        end = min(_common(first, self._sequences[n]) for n in numbers)
        longer = [n for n in numbers if len(self._sequences[n]) > end]
        if end - start >= _WORTHWHILE or len(longer) < len(numbers):
            own = range(len(self.row), len(self.row) + end - start)
            path = (*path, slice(own.start, own.stop))
            self.row += first[start:end]
            self.positions += range(start, end)
            self.paths.append(path)
            for n in numbers:
                self.places[n] += own
            start = end

        def next_id(n: int) -> int:
            return self._sequences[n][end]

        for _, branch in groupby(sorted(longer, key=next_id), key=next_id):
            self._grow(list(branch), start, path)


def attend(_module, query, key, value, _mask, *, scaling, paths: Sequence[Path], dropout=0.0, sliding_window=None, **_):
    """Causal attention of every stretch over its path. Shapes [1, heads, tokens, head_dim], as transformers calls it.

    Returns:
        [1, tokens, heads, head_dim], and None for the weights.
    """
    outputs = []
    for path in paths:
        own = path[-1]
        keys, values = (
            x[:, :, own] if len(path) == 1 else torch.cat([x[:, :, p] for p in path], 2) for x in (key, value)
        )
        queries = query[:, :, own]
        size = queries.shape[2] * keys.shape[2]
        small = query.device.type == "cpu" and query.dtype == torch.bfloat16 and size <= _SMALL and not dropout
        plain = len(path) == 1 and sliding_window is None and not small
        mask = None if plain else _visible(queries.shape[2], keys.shape[2], sliding_window, query.device)
        if small:
            output = _by_hand(queries, keys, values, mask, scaling)
        else:
            grouped = query.shape[1] != key.shape[1]
            options = {"dropout_p": dropout, "scale": scaling, "enable_gqa": grouped}
            output = scaled_dot_product_attention(queries, keys, values, mask, is_causal=plain, **options)
        outputs.append(output)
    return torch.cat(outputs, 2).transpose(1, 2), None


def _by_hand(queries, keys, values, mask, scale):
    """`scaled_dot_product_attention` with its table of weights in memory.

    Query heads that share a key head are laid out as more queries of that head.
    """
    _, heads, length, size = queries.shape
    groups = keys.shape[1]
    scores = (queries.reshape(1, groups, -1, size) * scale) @ keys.transpose(2, 3)
    scores = scores.view(1, heads, length, -1).masked_fill(~mask, float("-inf"))
    weights = scores.softmax(-1).view(1, groups, -1, keys.shape[2])
    return (weights @ values).view(1, heads, length, size)


def _visible(queries: int, keys: int, window: int | None, device: torch.device) -> torch.Tensor:
    """[queries, keys]: which of `keys` positions the last `queries` of them see."""
    seen = torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)
    return seen if window is None else seen.triu(keys - queries - window + 1)


def _common(a: list[int], b: list[int]) -> int:
    """How many ids two lists have in common at their beginning."""
    return bisect_left(range(min(len(a), len(b))), True, key=lambda n: a[: n + 1] != b[: n + 1])
