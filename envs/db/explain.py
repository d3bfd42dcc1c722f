"""SQLite's error messages as sentences that help: what is there, and what was probably meant."""

import re

from envs.db.functions import CLOCK, NO_CLOCK
from envs.db.guard import MAX_LENGTH
from envs.errors import did_you_mean

__all__ = ["explain"]

FUNCTION_HINTS = {
    "concat": "Join text with ||.",
    "now": "There is no clock here: write the date you mean.",
    "curdate": "There is no clock here: write the date you mean.",
    "if": "Use iif(condition, yes, no) or CASE.",
    "year": "Use strftime('%Y', date).",
    "month": "Use strftime('%m', date).",
    "day": "Use strftime('%d', date).",
    "date_format": "Use strftime(format, date).",
    "to_char": "Use strftime(format, date).",
    "datediff": "Use julianday(a) - julianday(b).",
    "left": "Use substr(text, 1, n).",
    "right": "Use substr(text, -n).",
    "char_length": "Use length(text).",
    "regexp": "Use LIKE or GLOB.",
    "printf": "Use round(number, digits) or ||.",
    "format": "Use round(number, digits) or ||.",
}
"""What SQLite has instead of functions of other databases."""

STATEMENT_HINTS = {
    "show": "List the tables with SELECT name FROM sqlite_master.",
    "describe": "Show a table's columns with PRAGMA table_info(name).",
    "desc": "Show a table's columns with PRAGMA table_info(name).",
    "use": "There is only this database.",
}

REPLACED = {
    "string or blob too big": f"a value or row is longer than {MAX_LENGTH} bytes",
    "database or disk is full": "the database may not grow any further",
    "too many attached databases - max 0": "there is only this database; none can be attached, copied or vacuumed",
    "You can only execute one statement at a time.": "one statement at a time; send the first one alone",
    "query string is too large": "the statement is too long",
}


def explain(error: Exception, statement: str, refusal: str | None, schema: dict[str, list[str]]) -> str:
    """Turn an exception of `sqlite3` into one line for the model.

    Args:
        error: what `execute` raised.
        statement: what was run.
        refusal: the guard's sentence, when it was the guard that stopped the statement.
        schema: columns by table.
    """
    if refusal and not refusal.startswith("no such "):
        return refusal
    text = refusal or _plain(error)
    text = REPLACED.get(text, text).strip().rstrip(".")
    return f"SQL error: {text}.{_hint(text, statement, schema)}"


def _plain(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "the statement needs too much memory"
    if isinstance(error, UnicodeEncodeError):
        return "the statement contains an unpaired surrogate, which is not text"
    if "binding" in str(error):
        return "placeholders are not available; write the value itself"
    if match := re.fullmatch(r"unsafe use of (\w+)\(\)", str(error)):
        if match[1].lower() in CLOCK:
            return NO_CLOCK
        return f"{match[1]}() is not available inside views, triggers, constraints and default values"
    return str(error)


def _hint(text: str, statement: str, schema: dict[str, list[str]]) -> str:
    if match := re.fullmatch(r"no such function: (.*)", text):
        hint = FUNCTION_HINTS.get(match[1].lower())
        return f" {hint}" if hint else ""
    if match := re.fullmatch(r"no such table: (?:main\.)?(.*)", text):
        return f"{did_you_mean(match[1], schema)} Tables: {', '.join(schema)}."
    if match := re.search(r"no such column: (?:.*\.)?(.*)", text) or re.search(r"has no column named (.*)", text):
        return _columns_hint(match[1], statement, schema)
    if "syntax error" in text and (word := re.match(r"\s*(\w+)", statement)):
        hint = STATEMENT_HINTS.get(word[1].lower())
        return f" {hint}" if hint else ""
    return ""


def _columns_hint(column: str, statement: str, schema: dict[str, list[str]]) -> str:
    """Name the nearest column and the columns of the tables that the statement mentions."""
    folded = statement.casefold()
    tables = {t: columns for t, columns in schema.items() if re.search(rf"\b{re.escape(t.casefold())}\b", folded)}
    near = did_you_mean(column, [c for columns in tables.values() for c in columns])
    lists = [f" Columns of {t}: {', '.join(columns)}." for t, columns in list(tables.items())[:3]]
    return near + "".join(lists)
