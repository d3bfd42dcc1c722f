"""When an answer is right: values by value, words as SQuAD compares them; how right, as F1."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from envs.qa.english import MONTHS

__all__ = ["UNANSWERABLE", "answer_f1", "normalize", "normalize_squad", "split_answer", "token_f1"]

UNANSWERABLE = ("unanswerable", "cannot be answered", "not answerable", "unknown")
"""Ways to say that the documents do not tell."""
MAX_ANSWER = 4000
"""Characters of an answer that are read."""
_TYPOGRAPHY = {0x2212: "-", 0x2019: "'"}
"""A minus sign and an apostrophe as a typesetter writes them."""
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in MONTHS)
_DATES = (
    re.compile(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\.?,? (?P<year>\d{{4}})", re.I),
    re.compile(rf"(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})", re.I),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
)
_NUMBER = re.compile(r"(?:(?<=\s)|^)-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w.,]*\d)", re.ASCII)


def normalize(text: str) -> str:
    """One answer in a form in which equal ones are equal: a date, numbers by value, or words as SQuAD has them."""
    text = " ".join(text[:MAX_ANSWER].translate(_TYPOGRAPHY).split()).strip(" .")
    if day := _date(text):
        return day.isoformat()
    parts, last = [], 0
    for match in _NUMBER.finditer(text):
        value = Decimal(match[0].replace(",", "")).normalize()
        parts += [_words(text[last : match.start()]), f"{value + 0:f}"]
        last = match.end()
    return " ".join(part for part in [*parts, _words(text[last:])] if part)


def normalize_squad(text: str) -> str:
    """SQuAD's rule: lower case, no punctuation, no articles, single spaces."""
    text = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def split_answer(text: str) -> list[str]:
    """The members of an answer, separated by semicolons or lines."""
    return [part.strip() for part in re.split(r"[;\n]", text[:MAX_ANSWER]) if part.strip()]


def answer_f1(answer: str, gold: Sequence[Sequence[str]]) -> float:
    """The F1 of a set of answers: 1 when each expected one is there, in any order, and nothing else.

    Args:
        answer: its members separated by semicolons.
        gold: for each expected member, every way to write it.
    """
    given = list(dict.fromkeys(normalize(part) for part in split_answer(answer)))
    left = [{normalize(form) for form in forms} for forms in gold]
    right = 0
    for member in given:
        if fits := next((forms for forms in left if member in forms), None):
            left.remove(fits)
            right += 1
    return 2 * right / (len(given) + len(gold)) if right else 0.0


def token_f1(answer: str, gold: str) -> float:
    """HotpotQA's F1 of one answer: shared tokens; yes, no and noanswer match only themselves."""
    given, expected = normalize_squad(answer[:MAX_ANSWER]), normalize_squad(gold)
    if given != expected and {given, expected} & {"yes", "no", "noanswer"}:
        return 0.0
    shared = (Counter(given.split()) & Counter(expected.split())).total()
    return 2 * shared / (len(given.split()) + len(expected.split())) if shared else 0.0


def _words(text: str) -> str:
    """Words without punctuation; digits that it parts stay apart, lest 2,5 become 25."""
    return normalize_squad(re.sub(r"(?<=\d)[^\w\s](?=\d)", " ", text))


def _date(text: str) -> date | None:
    match = next((m for pattern in _DATES if (m := pattern.fullmatch(text))), None)
    if not match:
        return None
    name = match["month"].title()
    month = int(name) if name.isdigit() else 1 + next(i for i, month in enumerate(MONTHS) if month.startswith(name))
    try:
        return date(int(match["year"]), month, int(match["day"]))
    except ValueError:
        return None
