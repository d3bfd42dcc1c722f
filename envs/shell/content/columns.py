"""Columns that many sheets have."""

from envs.shell.content.parts import Column

__all__ = ["category", "day", "number", "person", "serial"]


def serial(name: str, prefix: str) -> Column:
    """A running code: the prefix and a number."""
    return Column(name, name, "id", (prefix,))


def person(name: str) -> Column:
    """A person's name."""
    return Column(name, name, "person")


def day(name: str) -> Column:
    """A day, as 2023-05-31."""
    return Column(name, name.replace("_", " "), "day")


def category(name: str, values: str) -> Column:
    """One of some words, given with spaces between them; an underscore stands for a space."""
    return Column(name, name.replace("_", " "), "category", tuple(v.replace("_", " ") for v in values.split()))


def number(name: str, low: float, high: float, decimals: int = 0) -> Column:
    """A number in a range."""
    return Column(name, name.replace("_", " "), "number", (), low, high, decimals)
