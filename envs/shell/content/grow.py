"""Growing a scenario: from its description and a seed to files with names, contents and times."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from envs.sandbox import File
from envs.shell.content.parts import (
    Column,
    Journal,
    JournalFile,
    Scenario,
    Settings,
    SettingsFile,
    Sheet,
    SheetFile,
    Shelf,
)
from envs.shell.content.texts import CONTENTS
from envs.shell.tree import HOME, Tree

__all__ = ["World", "grow", "render_settings"]

_FIRST_DAY, _DAYS = date(2023, 1, 2), 540
_BY_ENDING = {".txt": "notes", ".md": "notes", ".html": "html", ".css": "css", ".py": "python", ".sh": "shell"}
_BY_ENDING |= {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".pdf": "pdf", ".wav": "audio", ".eml": "mail"}
_BY_ENDING |= {".csv": "readings"}


@dataclass
class World:
    """A grown scenario: its tree, and what is in it. Paths of shelves are absolute."""

    tree: Tree = field(default_factory=Tree)
    shelves: list[Shelf] = field(default_factory=list)
    sheets: list[SheetFile] = field(default_factory=list)
    journals: list[JournalFile] = field(default_factory=list)
    settings: list[SettingsFile] = field(default_factory=list)


def grow(scenario: Scenario, seed: str, size: int) -> World:
    """Grow a scenario from a seed. `size` is about the number of files of a shelf and half the rows of a sheet."""
    world = _grown(scenario, seed, size)
    return replace(world, tree=world.tree.copy())


@lru_cache(maxsize=32)
def _grown(scenario: Scenario, seed: str, size: int) -> World:
    """The world of `grow`; kept, since a task is grown when it is made and each time it is played."""
    return _Grower(scenario, random.Random(f"{scenario.name}/{seed}/{size}"), size).grow()


class _Grower:
    def __init__(self, scenario: Scenario, rng: random.Random, size: int):
        self.scenario, self.rng, self.size, self.world = scenario, rng, size, World()
        self.moments: set[int] = set()

    def grow(self) -> World:
        for part in self.scenario.parts:
            path = part.path if part.path.startswith("/") else f"{HOME}/{self.scenario.root}/{part.path}".rstrip("/")
            match part:
                case Shelf():
                    self.shelf(replace(part, path=path, words=part.words or self.scenario.words))
                case Sheet():
                    self.sheet(part, path)
                case Journal():
                    self.journal(part, path)
                case Settings():
                    self.settings(part, path)
        return self.world

    def add(self, path: str, content: str | bytes, day: date | None = None) -> None:
        content = content.encode() if isinstance(content, str) else content
        self.world.tree.add(path, File(content, modified=self.moment(day or self.day())))

    def day(self) -> date:
        return _FIRST_DAY + timedelta(days=self.rng.randrange(_DAYS))

    def moment(self, day: date) -> int:
        """A second of the working hours of a day, never the same twice: no two files are equally old."""
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        while (moment := midnight + self.rng.randrange(8 * 3600, 20 * 3600)) in self.moments:
            pass
        self.moments.add(moment)
        return moment

    def shelf(self, shelf: Shelf) -> None:
        places = [f"{shelf.path}/{name}" for name in shelf.subfolders] or [shelf.path]
        for place in places:
            self.world.tree.add(place, File(folder=True, mode=0o755, modified=self.moment(self.day())))
        wanted = self.rng.randint(self.size // 2 + 3, self.size + 5)
        weights = [4, *[2] * (len(shelf.suffixes) - 1)]
        for n in range(1, 3 * wanted):
            day = self.day()
            (suffix,) = self.rng.choices(shelf.suffixes, weights)
            word = self.rng.choice(shelf.words).replace(" ", "-")
            stem = self.rng.choice(shelf.stems).format(n=f"{n:03}", day=day, word=word)
            path = f"{self.rng.choice(places)}/{stem}{suffix}"
            if path not in self.world.tree:
                kind = shelf.content if suffix == shelf.suffixes[0] else _BY_ENDING.get(suffix, shelf.content)
                self.add(path, CONTENTS[kind](self.rng, shelf.words, self.scenario.people), day)
                wanted -= 1
            if not wanted:
                break
        self.world.shelves.append(shelf)

    def sheet(self, sheet: Sheet, path: str) -> None:
        count = self.rng.randint(2 * self.size, 3 * self.size)
        first = self.rng.randint(100, 900)
        rows = [tuple(self.cell(column, first + n) for column in sheet.columns) for n in range(count)]
        lines = [",".join(column.name for column in sheet.columns), *map(",".join, rows)]
        self.add(path, "\n".join(lines) + "\n")
        self.world.sheets.append(SheetFile(path, sheet.nouns, sheet.columns, tuple(rows)))

    def cell(self, column: Column, number: int) -> str:
        match column.kind:
            case "id":
                return f"{column.values[0]}{number}"
            case "person":
                return self.rng.choice(self.scenario.people)
            case "day":
                return str(self.day())
            case "category":
                return self.rng.choices(column.values, range(len(column.values) + 1, 1, -1))[0]
            case "number":
                return f"{self.rng.uniform(column.low, column.high):.{column.decimals}f}"

    def journal(self, journal: Journal, path: str) -> None:
        day = self.day()
        seconds = sorted(self.rng.sample(range(86400), self.rng.randint(4 * self.size, 7 * self.size)))
        times = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in seconds]
        if journal.style == "app":
            entries = [self.event(journal, day, time) for time in times]
            lines = ["{day} {time} {level} {source}: {message}".format(**entry) for entry in entries]
        else:
            visitors = [
                f"10.{self.rng.randrange(4)}.{self.rng.randrange(9)}.{n}" for n in self.rng.sample(range(2, 250), 9)
            ]
            entries = [self.visit(journal, day, time, visitors) for time in times]
            lines = [
                '{address} - - [{stamp}:{time} +0000] "{method} {target} HTTP/1.1" {status} {size}'.format(**entry)
                for entry in entries
            ]
        self.add(path, "\n".join(lines) + "\n", day)
        self.world.journals.append(JournalFile(path, journal.style, tuple(entries)))

    def event(self, journal: Journal, day: date, time: str) -> dict[str, str]:
        levels = list(journal.messages)
        (level,) = self.rng.choices(levels, [5, 2, 2, 1][: len(levels)])
        message = self.rng.choice(journal.messages[level]).format(n=self.rng.randint(1000, 9999))
        source = self.rng.choice(journal.sources)
        return {"day": str(day), "time": time, "level": level, "source": source, "message": message}

    def visit(self, journal: Journal, day: date, time: str, visitors: list[str]) -> dict[str, str]:
        return {
            "day": str(day),
            "stamp": day.strftime("%d/%b/%Y"),
            "time": time,
            "address": self.rng.choices(visitors, range(len(visitors), 0, -1))[0],
            "method": self.rng.choices(("GET", "POST"), (6, 1))[0],
            "target": self.rng.choice(journal.sources),
            "status": self.rng.choices(("200", "304", "404", "500", "503"), (12, 3, 3, 2, 1))[0],
            "size": str(self.rng.randint(180, 9000)),
        }

    def settings(self, settings: Settings, path: str) -> None:
        options = {(section, key): values for section, key, values in settings.options}
        values = {name: self.rng.choice(choices) for name, choices in options.items()}
        self.add(path, render_settings(settings.style, settings.service, values))
        self.world.settings.append(SettingsFile(path, settings.style, settings.service, values, options))


def render_settings(style: str, service: str, values: dict[tuple[str, str], str]) -> str:
    """The text of a configuration file, sections in the order of their first key."""
    if style == "env":
        return "".join(f"{key}={value}\n" for (_, key), value in values.items())
    lines = [f"# Settings of {service}"]
    form = "    {} {};" if style == "block" else "{} = {}"
    for section in dict.fromkeys(section for section, _ in values):
        if section:
            lines += ["", f"[{section}]"] if style == "ini" else [f"{section} {{"]
        lines += [form.format(key, value) for (owner, key), value in values.items() if owner == section]
        if section and style == "block":
            lines.append("}")
    return "\n".join(lines) + "\n"
