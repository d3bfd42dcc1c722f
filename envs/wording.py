"""Whether free text says something, judged by rule."""

import re
from collections.abc import Sequence

__all__ = ["says"]

_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[^\W\d_]+")


def says(text: str, alternatives: Sequence[str]) -> bool:
    """Whether a text contains one of several wordings, as whole words and with numbers taken by value.

    Case, punctuation and thousands separators do not count: "$1,250.00" contains "1250".
    """
    words = f" {' '.join(_tokens(text))} "
    return any(f" {' '.join(_tokens(wording))} " in words for wording in alternatives)


def _tokens(text: str) -> list[str]:
    return [_number(token) if token[0].isdigit() else token for token in _TOKEN.findall(text.casefold())]


def _number(token: str) -> str:
    return f"{float(token.replace(',', '')):.10g}"
