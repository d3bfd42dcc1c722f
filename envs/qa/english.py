"""The little English that articles and questions need: lists, numbers, dates, capitals."""

import unicodedata
from collections.abc import Sequence
from datetime import date

__all__ = ["MONTHS", "fold", "join_words", "plural_predicate", "question_of", "say", "sentence"]
__all__ += ["singular_predicate", "with_article"]

MONTHS = ("January", "February", "March", "April", "May", "June", "July")
MONTHS += ("August", "September", "October", "November", "December")
_VOWEL_SOUNDS = "aeiou"
_PLURALS = {"is": "are", "was": "were", "has": "have", "had": "had"}
_SINGULARS = {
    "are": "is",
    "belong": "belongs",
    "border": "borders",
    "have": "has",
    "stand": "stands",
    "use": "uses",
    "were": "was",
}
_HELPERS = {"has": "Does", "had": "Did"}


def say(value: date | int | float | str) -> str:
    """A value as an article writes it: `1234` as "1,234", a date as "3 May 1984"."""
    if isinstance(value, date):
        return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else f"{value:,}"


def fold(text: str) -> str:
    """Lower case without accents, punctuation or spaces, to compare names."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain.casefold() if letter.isalnum())


def join_words(words: Sequence[str]) -> str:
    """Words as a list: "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def with_article(noun: str) -> str:
    """The noun with "a" or "an" before it."""
    return f"{'an' if noun[0].lower() in _VOWEL_SOUNDS and not noun.startswith('uni') else 'a'} {noun}"


def sentence(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def question_of(subject: str, predicate: str) -> str:
    """A statement turned round: ("Lima", "is older than Quito") becomes "Is Lima older than Quito"."""
    verb, _, rest = predicate.partition(" ")
    helper = _HELPERS.get(verb)
    return f"{helper} {subject} have {rest}" if helper else f"{sentence(verb)} {subject} {rest}"


def plural_predicate(predicate: str) -> str:
    """A predicate of one for several: "is heavier" becomes "are heavier"."""
    verb, _, rest = predicate.partition(" ")
    return f"{_PLURALS[verb]} {rest}"


def singular_predicate(predicate: str) -> str:
    """A predicate of several for one: "were led by her" becomes "was led by her"; a past tense stays."""
    verb, _, rest = predicate.partition(" ")
    return f"{_SINGULARS.get(verb, verb)} {rest}"
