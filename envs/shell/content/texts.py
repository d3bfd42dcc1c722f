"""What stands in files: notes, letters, code, pages, and bytes that look like pictures, sound or documents."""

import random
from collections.abc import Callable, Sequence

__all__ = ["CONTENTS"]

_NOTES = (
    "Ask {person} about the {word} before the end of the month.",
    "{person} promised to send the {word} again.",
    "The {word} is still missing, see the list from last week.",
    "Checked the {word}, all fine.",
    "TODO: go over the {word} once more.",
    "We moved the {word} to a new place; tell {person}.",
    "Paid for the {word}, receipt is in the folder.",
    "Draft of the {word} is ready, comments from {person} are welcome.",
    "Next meeting with {person} is on a Tuesday.",
    "Urgent: the {word} has to be done first.",
    "Nothing new about the {word}.",
    "{person} found a mistake in the {word} and corrected it.",
    "Keep a copy of the {word} until the year is over.",
    "FIXME the numbers for the {word} do not add up.",
)
_CODE = (
    "def load_{word}(path):\n    with open(path) as lines:\n        return [line.strip() for line in lines]",
    "def count_{word}(items):\n    return sum(1 for item in items if item)",
    "# TODO: handle an empty {word}\ndef first_{word}(items):\n    return items[0]",
    "class {Word}:\n    def __init__(self, name):\n        self.name = name",
    "def save_{word}(items, path):\n    with open(path, 'w') as out:\n        out.write('\\n'.join(items))",
    "# FIXME: slow for a large {word}\ndef sort_{word}(items):\n    return sorted(items, key=str)",
    "LIMIT_{WORD} = {n}",
    "def is_{word}(value):\n    # written by {person}\n    return value is not None and value > {n}",
)
_IMPORTS = ("import os", "import sys", "import json", "import csv", "import re", "import logging")
_STYLES = (
    ".{word} {{ margin: {n}px; }}",
    "#{word} {{ color: #{n}{n}66; }}",
    ".{word}-list li {{ padding: {n}px; }}",
    "/* TODO: {word} on small screens */",
    ".{word}:hover {{ text-decoration: underline; }}",
)
_PAGE = (
    "<h2>{Word}</h2>",
    "<p>Questions about the {word}? Write to {person}.</p>",
    '<a href="/{word}.html">More on the {word}</a>',
    "<!-- TODO: replace the picture of the {word} -->",
    "<li>{word}, {n} in all</li>",
)


def _fill(rng: random.Random, line: str, words: Sequence[str], people: Sequence[str], joint: str = " ") -> str:
    word = rng.choice(words).replace(" ", joint)
    return line.format(
        word=word,
        Word=word.title().replace(" ", ""),
        WORD=word.upper(),
        person=rng.choice(people),
        n=rng.randint(10, 90),
    )


def _notes(rng, words, people):
    lines = [_fill(rng, rng.choice(_NOTES), words, people) for _ in range(rng.randint(3, 14))]
    return "\n".join(lines) + "\n"


def _letter(rng, words, people):
    body = [_fill(rng, rng.choice(_NOTES), words, people) for _ in range(rng.randint(2, 5))]
    return f"Dear {rng.choice(people)},\n\n" + "\n".join(body) + f"\n\nKind regards\n{rng.choice(people)}\n"


def _mail(rng, words, people):
    sender, to = rng.sample(people, 2)
    subject = rng.choice(("Your order", "Question about the {word}", "Re: {word}", "Invoice", "News on the {word}"))
    head = f"From: {_address(sender)}\nTo: {_address(to)}\nSubject: {_fill(rng, subject, words, people)}\n"
    return head + "\n" + _notes(rng, words, people)


def _address(person: str) -> str:
    return f"{person} <{person.lower().replace(' ', '.')}@example.org>"


def _python(rng, words, people):
    heads = sorted(rng.sample(_IMPORTS, rng.randint(1, 3)))
    bodies = [_fill(rng, piece, words, people, "_") for piece in rng.sample(_CODE, rng.randint(2, 5))]
    return "\n".join(heads) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def _css(rng, words, people):
    return "\n".join(_fill(rng, rng.choice(_STYLES), words, people, "-") for _ in range(rng.randint(3, 9))) + "\n"


def _html(rng, words, people):
    body = "\n".join(_fill(rng, rng.choice(_PAGE), words, people, "-") for _ in range(rng.randint(3, 8)))
    return f"<html>\n<body>\n{body}\n</body>\n</html>\n"


def _readings(rng, *_):
    start, lines = rng.uniform(5, 30), ["second,value"]
    for second in range(0, rng.randint(5, 25) * 10, 10):
        lines.append(f"{second},{start + rng.uniform(-2, 2):.2f}")
    return "\n".join(lines) + "\n"


def _shell(rng, words, people):
    word = rng.choice(words).replace(" ", "-")
    return f'#!/bin/bash\n# Written by {rng.choice(people)}.\nset -e\necho "{word}: starting"\necho "{word}: done"\n'


def _bytes(head: bytes, low: int, high: int) -> Callable[..., bytes]:
    return lambda rng, *_: head + rng.randbytes(rng.randint(low, high))


CONTENTS: dict[str, Callable[[random.Random, Sequence[str], Sequence[str]], str | bytes]] = {
    "notes": _notes,
    "letter": _letter,
    "mail": _mail,
    "python": _python,
    "shell": _shell,
    "css": _css,
    "html": _html,
    "readings": _readings,
    "jpeg": _bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", 900, 14000),
    "png": _bytes(b"\x89PNG\r\n\x1a\n", 400, 9000),
    "pdf": _bytes(b"%PDF-1.4\n", 1200, 16000),
    "audio": _bytes(b"RIFF\x00\x00\x00\x00WAVEfmt ", 2000, 18000),
}
"""Key of `Shelf.content` to a function of dice, the scenario's words and people. Files of other kinds get the kind
that fits their ending, see `envs.shell.content.grow`."""
