"""Which tokens of some samples lie in an n-gram that also occurs elsewhere? Token ids in, shares out."""

from collections.abc import Collection, Sequence

import numpy as np

__all__ = ["Ngrams"]


class Ngrams:
    """The n-grams of some samples, to be looked for in any amount of other text.

    Text is matched by a hash of each window, and a hit is compared token by token.

    Args:
        samples: token ids, each sample of at least `n`.
        n: tokens of an n-gram.
        wordless: ids of tokens that say nothing: an n-gram of these alone is never found. Where each digit is a token,
            any two texts share dates.
    """

    def __init__(self, samples: Sequence[Sequence[int]], n: int, wordless: Collection[int] = ()):
        self.n = n
        # Odd factors, fixed: the sum of products modulo 2**64 is a hash in which the order of tokens counts.
        self._factors = np.random.default_rng(n).integers(0, 2**63, size=n, dtype=np.uint64) * np.uint64(2) + np.uint64(
            1
        )
        windows = [self._windows(sample) for sample in samples]
        together = np.concatenate(windows)
        self._hashes, first, number = np.unique(self._hash(together), return_index=True, return_inverse=True)
        self._grams = together[first]
        self._telling = ~np.isin(self._grams, list(wordless)).all(axis=1)
        self._numbers = np.split(number, np.cumsum([len(window) for window in windows])[:-1])

    def __len__(self) -> int:
        """How many different n-grams there are."""
        return len(self._hashes)

    def of(self, sample: int) -> np.ndarray:
        """The numbers of a sample's n-grams, in order."""
        return self._numbers[sample]

    def find(self, text: Sequence[int]) -> np.ndarray:
        """The numbers, from 0, of the n-grams that occur in a text."""
        if len(text) < self.n:
            return np.empty(0, dtype=int)
        windows = self._windows(text)
        hashes = self._hash(windows)
        near = np.searchsorted(self._hashes, hashes).clip(max=len(self) - 1)
        hits = self._hashes[near] == hashes
        exact = (self._grams[near[hits]] == windows[hits]).all(axis=1)
        found = near[hits][exact]
        return found[self._telling[found]]

    def share(self, sample: int, found: np.ndarray) -> float:
        """The share of a sample's tokens, in [0, 1], that lie in an n-gram whose number is true in `found`."""
        starts = found[self._numbers[sample]]
        return float((np.convolve(starts, np.ones(self.n)) > 0.5).mean())

    def _windows(self, text: Sequence[int]) -> np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(np.asarray(text, dtype=np.uint64), self.n)

    def _hash(self, windows: np.ndarray) -> np.ndarray:
        return (windows * self._factors).sum(axis=1, dtype=np.uint64)
