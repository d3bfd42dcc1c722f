"""What the file systems are described with: folders of like files, sheets, journals and settings.

A scenario lists parts; `envs.shell.content.grow` makes files of them. The `*File` classes say what was grown, so that
a template can ask about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from envs.shell.content.names import SEEN_PEOPLE

__all__ = ["Column", "Journal", "JournalFile", "Scenario", "Settings", "SettingsFile", "Sheet", "SheetFile", "Shelf"]


@dataclass(frozen=True)
class Shelf:
    """A folder with files of a kind.

    Args:
        path: absolute, or under the scenario's root.
        nouns: what the files are, in the plural: "photos".
        suffixes: endings that occur; the first is the most common.
        stems: names without ending; `{day}` and `{n}` stand for a day and a number, `{word}` for one of `words`.
        content: key of `envs.shell.content.texts.CONTENTS`.
        subfolders: where the files lie below the path; directly in it when empty.
    """

    path: str
    nouns: str
    suffixes: tuple[str, ...]
    stems: tuple[str, ...]
    content: str
    words: tuple[str, ...] = ()
    subfolders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Args:
        name: in the header.
        called: in a question: "unit price".
        kind: what it holds: "id" a running code, "person" a name, "day" a date, "category" one of `values`, "number".
        values: of a category, or the one prefix of an id.
        low, high: range of a number.
        decimals: of a number.
    """

    name: str
    called: str
    kind: Literal["id", "person", "day", "category", "number"]
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    decimals: int = 0


@dataclass(frozen=True)
class Sheet:
    """A file of comma-separated values with a header. `nouns` is what a row is, in the plural."""

    path: str
    nouns: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Journal:
    """A log: `style` "app" is `day time LEVEL source: message`, "access" a web server's log.

    Args:
        sources: parts of the program, or the paths that visitors ask for.
        messages: level to messages, for "app"; `{n}` is a number.
    """

    path: str
    style: Literal["app", "access"]
    sources: tuple[str, ...]
    messages: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Settings:
    """A configuration file.

    Args:
        style: "ini" has sections, "env" is KEY=value, "plain" is `key = value` with comments, "block" is
            `key value;` in braces.
        service: what it configures, as a person says it: "the mail relay".
        options: (section, key, possible values); the section is "" where the style has none.
    """

    path: str
    style: Literal["ini", "env", "plain", "block"]
    service: str
    options: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, eq=False)
class Scenario:
    """A family of file systems: `root` is its folder in the home, `words` are what its files are about."""

    name: str
    root: str
    words: tuple[str, ...]
    parts: tuple[Shelf | Sheet | Journal | Settings, ...]
    people: tuple[str, ...] = SEEN_PEOPLE


@dataclass(frozen=True)
class SheetFile:
    """A sheet that was grown: `rows` are the texts in the file, one tuple a line, header left out."""

    path: str
    nouns: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]

    def index(self, column: Column) -> int:
        """Position of a column, from 0."""
        return self.columns.index(column)

    def of_kind(self, *kinds: str) -> list[Column]:
        """The columns that hold such values."""
        return [column for column in self.columns if column.kind in kinds]


@dataclass(frozen=True)
class JournalFile:
    """A log that was grown: `entries` have the keys day, time, level, source, message, or those of a visit."""

    path: str
    style: str
    entries: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class SettingsFile:
    """A configuration that was grown: `values` maps (section, key) to the value in the file."""

    path: str
    style: str
    service: str
    values: dict[tuple[str, str], str]
    options: dict[tuple[str, str], tuple[str, ...]]
