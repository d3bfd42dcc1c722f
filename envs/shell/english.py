"""The little English that requests need: singulars, days, capitals."""

from datetime import date

__all__ = ["one", "say_day", "sentence"]

_MONTHS = ("January", "February", "March", "April", "May", "June")
_MONTHS += ("July", "August", "September", "October", "November", "December")


def one(nouns: str) -> str:
    """A plural noun in the singular: "entries" becomes "entry", "lists of films" "list of films"."""
    head, of, rest = nouns.partition(" of ")
    if head.endswith("ies"):
        head = head[:-3] + "y"
    elif head.endswith(("sses", "shes", "ches", "xes")):
        head = head[:-2]
    else:
        head = head.removesuffix("s")
    return head + of + rest


def say_day(day: str) -> str:
    """`2023-05-03` as "3 May 2023"."""
    moment = date.fromisoformat(day)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def sentence(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
