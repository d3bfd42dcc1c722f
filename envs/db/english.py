"""The little English that questions need: agreement, articles, plurals, lists, dates."""

from collections.abc import Sequence
from datetime import date

__all__ = ["NUMBER_WORDS", "article", "join_words", "plural", "say_day", "say_month", "sentence", "singular"]

NUMBER_WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}
_IRREGULAR = {"are": "is", "were": "was", "have": "has", "do": "does", "go": "goes", "need": "needs"}
_SAME_IN_SINGULAR = (
    "began",
    "came",
    "can",
    "first",
    "gave",
    "got",
    "had",
    "led",
    "left",
    "made",
    "sold",
    "took",
    "went",
)
_MONTHS = ("January", "February", "March", "April", "May", "June")
_MONTHS += ("July", "August", "September", "October", "November", "December")
_ARTICLES = {"hour": "an", "hourly": "an", "unit": "a", "user": "a"}


def singular(predicate: str) -> str:
    """A plural predicate in the singular: "live in Porto" becomes "lives in Porto"; a past tense stays."""
    verb, _, rest = predicate.partition(" ")
    if verb in _IRREGULAR:
        verb = _IRREGULAR[verb]
    elif verb.endswith(("s", "sh", "ch", "x")):
        verb += "es"
    elif not verb.endswith("ed") and verb not in _SAME_IN_SINGULAR:
        verb += "s"
    return f"{verb} {rest}".rstrip()


def plural(noun: str) -> str:
    """A noun in the plural: "city" becomes "cities", "number of pages" "numbers of pages"."""
    head, of, rest = noun.partition(" of ")
    if head.endswith(("s", "sh", "ch", "x")):
        head += "es"
    elif head.endswith("y") and head[-2] not in "aeiou":
        head = head[:-1] + "ies"
    else:
        head += "s"
    return head + of + rest


def article(noun: str) -> str:
    """The noun with "a" or "an" before it."""
    word = noun.split(" ")[0].lower()
    return f"{_ARTICLES.get(word, 'an' if word[0] in 'aeiou' else 'a')} {noun}"


def join_words(words: Sequence[str]) -> str:
    """Words as a list: "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def say_day(day: str) -> str:
    """`2023-05-03` as "3 May 2023"."""
    moment = date.fromisoformat(day)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def say_month(month: str) -> str:
    """`2023-05` as "May 2023"."""
    return f"{_MONTHS[int(month[5:]) - 1]} {month[:4]}"


def sentence(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
