"""What several sites read out of forms and records alike."""

from datetime import date

from envs.records import Row, State
from envs.web.sites.base import Refused

__all__ = ["as_date", "dollars", "fill_in", "find_row", "nice_date"]


def find_row(state: State, table: str, id: str) -> Row:
    """The record with this id.

    Raises:
        KeyError: there is none; a missing page.
    """
    if found := state.find(table, id=id):
        return found[0]
    raise KeyError(f"{table} has no {id}")


def as_date(text: str | None, default: date | None = None) -> date:
    """The date that a form or an address gives as YYYY-MM-DD, of the 20th or 21st century.

    Raises:
        Refused: it gives none, and there is no default.
    """
    try:
        given = date.fromisoformat((text or "").strip())
    except ValueError:
        given = None
    if given and 1900 <= given.year < 2100:
        return given
    if default:
        return default
    raise Refused("Please give a date, such as 2025-03-14.")


def fill_in(**fields: str) -> dict[str, str]:
    """The fields of a form without the space around them.

    Raises:
        Refused: one of them is empty; names all that are.
    """
    plain = {name: value.strip() for name, value in fields.items()}
    if empty := [name.replace("_", " ") for name, value in plain.items() if not value]:
        raise Refused(f"Please fill in: {', '.join(empty)}.")
    return plain


def dollars(cents: int) -> str:
    """An amount as it is printed: $1,204.50, or $12 where there are no cents."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}" + (f".{rest:02d}" if rest else "")


def nice_date(day: date | str) -> str:
    """A day as people write it: Mon 6 Jan 2025."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day:%a} {day.day} {day:%b} {day.year}"
