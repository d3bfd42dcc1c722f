"""Whether free text says something, judged by rule."""

import re
from collections.abc import Sequence

__all__ = ["says"]

_DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_TOKEN = re.compile(rf"{_DATE}|\d[\d,]*(?:\.\d+)?|[^\W\d_]+")


def says(text: str, alternatives: Sequence[str]) -> bool:
    """Whether a text contains one of several wordings, as whole words and with numbers taken by value.

    Case, punctuation and thousands separators do not count: "$1,250.00" contains "1250". A date is one word: in
    "2024-01-03" is no 3.
    """
    words = f" {' '.join(_tokens(text))} "
    return any(f" {' '.join(_tokens(wording))} " in words for wording in alternatives)


def _tokens(text: str) -> list[str]:
    return [_plain(token) if token[0].isdigit() else token for token in _TOKEN.findall(text.casefold())]


def _plain(number: str) -> str:
    """A number, or each of a date's, as it is written by value."""
    return "-".join(f"{float(part.replace(',', '')):.10g}" for part in re.split("[-/]", number))
