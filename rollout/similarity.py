"""How alike two texts are, by ROUGE-L, and the nearest of a pool. Self-Instruct's measure (arXiv 2212.10560).

ROUGE-L (Lin 2004) is the F1 of the longest common subsequence of words, here runs of letters and digits in lower case.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Pool", "rouge_l"]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Words:
    """The words of a text, and for each of them the set of its places as the bits of a number."""

    text: str
    words: list[str]
    places: dict[str, int]

    @classmethod
    def of(cls, text: str) -> "_Words":
        words, places = _WORD.findall(text.casefold()) or [text], defaultdict(int)
        for i, word in enumerate(words):
            places[word] |= 1 << i
        return cls(text, words, dict(places))


class Pool:
    """Texts against which a new one is held."""

    def __init__(self, texts: Iterable[str] = ()):
        self._texts = [_Words.of(text) for text in texts]

    def add(self, text: str) -> None:
        self._texts.append(_Words.of(text))

    def nearest(self, text: str) -> tuple[float, str]:
        """The highest ROUGE-L of `text` with one of the pool, in [0, 1], and that one; (0, "") for an empty pool."""
        words = _Words.of(text)
        scored = ((_f1(words, other), other.text) for other in self._texts)
        return max(scored, key=lambda pair: pair[0], default=(0.0, ""))


def rouge_l(a: str, b: str) -> float:
    """ROUGE-L of two texts, in [0, 1]; a text without a word counts as one word."""
    return _f1(_Words.of(a), _Words.of(b))


def _f1(a: _Words, b: _Words) -> float:
    return 2 * _common(a, b) / (len(a.words) + len(b.words))


def _common(a: _Words, b: _Words) -> int:
    """Length of the longest common subsequence, a row of the table at a time as the bits of a number (Hyyrö 2004)."""
    full = (1 << len(a.words)) - 1
    row = full
    for word in b.words:
        matches = row & a.places.get(word, 0)
        row = ((row + matches) | (row - matches)) & full
    return len(a.words) - row.bit_count()
