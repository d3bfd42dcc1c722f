"""Probes of following an instruction whose result a rule can check (the idea of IFEval, Zhou et al. 2023, 2311.07911).

A small model that is trained on actions alone loses this first: it answers anything with an action.
"""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

__all__ = ["follows", "probes"]

_TOPICS = (
    "the sea", "bicycles", "winter", "a library", "tea", "mountains", "the moon", "a market", "trains", "gardens",
    "bread", "bridges", "owls", "a lighthouse", "rivers", "chess", "clouds", "a harbour", "violins", "honey",
)  # fmt: skip
_WORDS = ("quiet", "silver", "morning", "stone", "gentle", "window", "bright", "slowly", "together", "north")
_NUMBERS = ("two", "three", "four", "five")
_ENDINGS = ("That is all.", "Thank you for asking.", "I hope this helps.")

_KINDS: dict[str, tuple[str, Callable[[Random], Any], Callable[[str, Any], bool]]] = {
    "one word": (
        "Name one thing that has to do with {topic}. Answer with a single word.",
        lambda rng: None,
        lambda said, _: len(said.split()) == 1,
    ),
    "capitals": (
        "Write one sentence about {topic}, in capital letters only.",
        lambda rng: None,
        lambda said, _: said.isupper(),
    ),
    "small letters": (
        "Write one sentence about {topic}, without any capital letter.",
        lambda rng: None,
        lambda said, _: said.islower(),
    ),
    "no comma": (
        "Write two sentences about {topic} and use no comma.",
        lambda rng: None,
        lambda said, _: "," not in said and len(said.split()) > 3,
    ),
    "word": (
        "Write one sentence about {topic} that has the word '{value}' in it.",
        lambda rng: rng.choice(_WORDS),
        lambda said, word: re.search(rf"\b{word}\b", said, re.IGNORECASE) is not None,
    ),
    "ending": (
        "Write about {topic} in one or two sentences. End with exactly these words: {value}",
        lambda rng: rng.choice(_ENDINGS),
        lambda said, ending: said.endswith(ending),
    ),
    "bullets": (
        "List {value} facts about {topic}. Begin each line with '- ' and write nothing else.",
        lambda rng: rng.choice(_NUMBERS),
        lambda said, number: [line[:2] for line in said.splitlines()] == ["- "] * (2 + _NUMBERS.index(number)),
    ),
    "length": (
        "Say something about {topic} in at most {value} words.",
        lambda rng: rng.choice((8, 12, 16)),
        lambda said, most: 0 < len(said.split()) <= most,
    ),
    "JSON": (
        "Describe {topic} as one JSON object with the keys 'name' and '{value}', and nothing else.",
        lambda rng: rng.choice(_WORDS),
        lambda said, key: _keys(said) == {"name", key},
    ),
    "tags": (
        "Write one sentence about {topic} between <answer> and </answer>, and nothing outside of them.",
        lambda rng: None,
        lambda said, _: re.fullmatch(r"<answer>[^<]+</answer>", said) is not None,
    ),
}


def probes(n: int) -> list[dict[str, Any]]:
    """The first `n` probes, always the same ones: {kind, value, prompt}. The kinds take turns."""
    made, kinds = [], list(_KINDS)
    for index in range(n):
        rng, kind = Random(f"probe/{index}"), kinds[index % len(kinds)]
        text, draw, _ = _KINDS[kind]
        value = draw(rng)
        made.append({"kind": kind, "value": value, "prompt": text.format(topic=rng.choice(_TOPICS), value=value)})
    return [row | {"value": json.dumps(row["value"])} for row in made]


def follows(probe: dict[str, Any], said: str) -> bool:
    """Whether an answer does what the probe asked, spaces around it aside."""
    return _KINDS[probe["kind"]][2](said.strip(), json.loads(probe["value"]))


def _keys(said: str) -> set[str]:
    try:
        found = json.loads(said)
    except ValueError:
        return set()
    return set(found) if isinstance(found, dict) else set()
