"""The SQL functions that a model may call, and those of them that are replaced by safer ones.

A function that is not listed does not exist: those that depend on chance or on the build, that reach outside
(`load_extension`), and those whose single call can be made slow or huge (`printf`, `zeroblob`). The authorizer sees to
that, except in a column's DEFAULT, which it is never asked about; for that place the harmful ones are replaced too.
"""

import sqlite3
from collections.abc import Callable

__all__ = ["CLOCK", "FUNCTIONS", "NO_CLOCK", "Dates", "remove_harmful", "replace_trim"]

FUNCTIONS = frozenset(
    """
    abs avg changes char coalesce count glob group_concat hex ifnull iif instr last_insert_rowid length like lower ltrim
    max min nullif quote replace round rtrim sign substr substring sum total trim typeof unicode upper
    date datetime julianday strftime time unixepoch
    acos asin atan atan2 ceil ceiling cos degrees exp floor ln log log10 log2 mod pi pow power radians sin
    sqrt tan trunc
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
    json json_array json_array_length json_each json_extract json_group_array json_group_object json_insert json_object
    json_patch json_quote json_remove json_replace json_set json_tree json_type json_valid -> ->>
    """.split()
)
CLOCK = frozenset({"current_date", "current_time", "current_timestamp"})
HARMFUL = (*CLOCK, "format", "load_extension", "printf", "random", "randomblob", "zeroblob")
NO_CLOCK = "There is no clock here: write the date you mean instead of the current one or local time."


class Dates:
    """SQLite's date functions without the current time and without the machine's time zone.

    They are computed on a connection of their own, opened when first needed.

    Args:
        connection: where the functions are replaced.
        refuse: told why, when a call is refused.
    """

    def __init__(self, connection: sqlite3.Connection, refuse: Callable[[str], None]):
        self._refuse = refuse
        self._own: sqlite3.Connection | None = None
        for name in ("date", "time", "datetime", "julianday", "strftime", "unixepoch"):
            connection.create_function(name, -1, self._function(name), deterministic=True)

    def close(self) -> None:
        """Close the connection if one was opened."""
        if self._own:
            self._own.close()

    def _function(self, name: str):
        first = 1 if name == "strftime" else 0

        def function(*values):
            texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]
            # SQLite reads these words up to the first NUL.
            words = [v.partition("\0")[0].strip().lower() if isinstance(v, str) else "" for v in texts[first:]]
            if not words or words[0] == "now" or "localtime" in words or "utc" in words:
                self._refuse(NO_CLOCK)
                raise ValueError(NO_CLOCK)
            self._own = self._own or sqlite3.connect(":memory:")
            return self._own.execute(f"SELECT {name}({', '.join('?' * len(texts))})", texts).fetchone()[0]

        return function


def remove_harmful(connection: sqlite3.Connection) -> None:
    """Put functions of ours in the place of the harmful ones: SQLite refuses those in a schema it does not trust."""
    for name in HARMFUL:
        connection.create_function(name, -1, _gone)


def _gone(*_values):
    raise ValueError("this function is not available")


def replace_trim(connection: sqlite3.Connection) -> None:
    """Replace `trim(text, characters)`: SQLite's compares every character with every other in a single step."""
    for name, strip in {"trim": str.strip, "ltrim": str.lstrip, "rtrim": str.rstrip}.items():
        connection.create_function(name, 2, _trim(strip), deterministic=True)


def _trim(strip: Callable[[str, str], str]):
    def function(text, characters):
        if text is None or characters is None:
            return None
        return strip(_text(text), "".join(sorted(set(_text(characters)))))

    return function


def _text(value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
