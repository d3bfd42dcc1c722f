"""The kinds of columns: what each is called, how people speak of its values, and how these are drawn.

Predicates are written in the plural with a place for the value (`"live in {v}"`), because questions say "which
customers live in Porto"; `envs.db.english.singular` turns them into "lives in Porto".
"""

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from envs.db.english import article, plural

__all__ = ["Category", "Column", "Date", "Drawn", "Label", "Note", "Number", "Ref"]

Drawn = dict[str, list[Any]]


@dataclass(frozen=True)
class Column(ABC):
    """A column of a table.

    Args:
        name: its name in SQL.
        noun: what people call it; by default the name with spaces.
        null: share of rows in which it is empty.
        missing: plural predicate of the rows in which it is empty ("have no phone number").
        present: plural predicate of the others ("have a phone number").
        ask: a question for the value in the row `{x}` ("Where does {x} live?"), beside "What is the city of {x}?".
        change: a request to set it to `{v}` in the row `{x}` ("{x} has moved to {v}; please update the record.").
    """

    name: str
    _: KW_ONLY
    noun: str = ""
    null: float = 0.0
    missing: str = ""
    present: str = ""
    ask: str = ""
    change: str = ""

    type: ClassVar[str] = "TEXT"
    coded: ClassVar[bool] = False
    """Whether the stored values are not the words people use, so that one has to look at them first."""

    @property
    def called(self) -> str:
        return self.noun or self.name.replace("_", " ")

    def say(self, value: Any) -> str:
        """The value as a question writes it in a sentence."""
        return str(value)

    def dictate(self, value: Any) -> str:
        """The value as it is given for a new row, after the column's noun."""
        return self.say(value)

    @abstractmethod
    def draw(self, rng: random.Random, count: int, drawn: Drawn, counts: Mapping[str, int]) -> list[Any]:
        """Draw `count` values. `drawn` holds the row's earlier columns, `counts` the sizes of earlier tables."""

    def values(self, rng: random.Random, count: int, drawn: Drawn, counts: Mapping[str, int]) -> list[Any]:
        """`draw`, with some values left empty."""
        drawn_values = self.draw(rng, count, drawn, counts)
        if self.null:
            return [None if rng.random() < self.null else value for value in drawn_values]
        return drawn_values

    @property
    def sql(self) -> str:
        return f"{self.name} {self.type}" + ("" if self.null else " NOT NULL")


@dataclass(frozen=True)
class Label(Column):
    """The unique name of a row, one word out of each part.

    Args:
        parts: lists of words; every combination is a possible name.
        sep: what stands between the words.
    """

    parts: tuple[tuple[str, ...], ...]
    sep: str = " "

    @property
    def capacity(self) -> int:
        return math.prod(len(part) for part in self.parts)

    def draw(self, rng, count, drawn, counts):
        return [self._name(number) for number in rng.sample(range(self.capacity), count)]

    def _name(self, number: int) -> str:
        words = []
        for part in self.parts:
            number, place = divmod(number, len(part))
            words.append(part[place])
        return self.sep.join(words)


@dataclass(frozen=True)
class Category(Column):
    """One of a few text values.

    Args:
        options: the values, or {stored value: what people say} where the database keeps a code.
        pred: plural predicate, "live in {v}".
        mod: what follows the noun, "from {v}"; by default "who" or "that" and the predicate.
        plural: plural of the noun.
    """

    options: Sequence[str] | Mapping[str, str]
    pred: str = ""
    mod: str = ""
    plural: str = ""

    @property
    def coded(self) -> bool:
        return isinstance(self.options, Mapping)

    @property
    def called_many(self) -> str:
        return self.plural or plural(self.called)

    def say(self, value):
        return self.options[value] if isinstance(self.options, Mapping) else str(value)

    def draw(self, rng, count, drawn, counts):
        return _uneven(rng, list(self.options), count)


@dataclass(frozen=True)
class Number(Column):
    """A quantity.

    Args:
        low, high, step: values are low, low + step, ... up to high; a fraction as step makes the column REAL.
        unit: how a value is said, "{v} euros".
        more, less: plural predicates, "cost more than {v}", "cost less than {v}"; by default "have a price above {v}".
        most, least: plural predicates, "are the dearest", "are the cheapest"; by default "have the highest price".
        highest, lowest: what the largest and the smallest value are called.
        measure: whether an average makes sense (not of a year).
        total: whether a sum makes sense.
    """

    low: float
    high: float
    step: float = 1
    unit: str = "{v}"
    more: str = ""
    less: str = ""
    most: str = ""
    least: str = ""
    highest: str = "highest"
    lowest: str = "lowest"
    measure: bool = True
    total: bool = False

    @property
    def type(self) -> str:
        return "INTEGER" if isinstance(self.step, int) else "REAL"

    @property
    def counts(self) -> bool:
        """Whether the noun already says what is counted, so that a unit would repeat it."""
        return self.called.startswith("number of ")

    def beyond(self, upward: bool) -> str:
        """The plural predicate for a value above (or below) `{v}`."""
        where = "above" if upward else "below"
        return (self.more if upward else self.less) or f"have {article(self.called)} {where} {{v}}"

    def extreme(self, upward: bool) -> str:
        """The plural predicate for the largest (or smallest) value."""
        word = self.highest if upward else self.lowest
        return (self.most if upward else self.least) or f"have the {word} {self.called}"

    def say(self, value):
        return self.unit.format(v=_plain(value))

    def dictate(self, value):
        return _plain(value)

    def draw(self, rng, count, drawn, counts):
        places = range(round((self.high - self.low) / self.step) + 1)
        if isinstance(self.step, int):
            return [self.low + self.step * place for place in rng.choices(places, k=count)]
        return [round(self.low + self.step * place, 2) for place in rng.choices(places, k=count)]


@dataclass(frozen=True)
class Date(Column):
    """A day, kept as YYYY-MM-DD.

    Args:
        first, last: years between which the days lie.
        pred: plural predicate that a time follows, "were placed" (in March 2023).
        mod: the same after the noun, "placed"; by default "who" or "that" and the predicate.
        after: another date column of the table that this day follows, at most `within` days later.
    """

    first: int
    last: int
    pred: str
    mod: str = ""
    after: str = ""
    within: int = 60

    type = "DATE"

    def draw(self, rng, count, drawn, counts):
        if self.after:
            delays = rng.choices(range(1, self.within), k=count)
            return [_day(date.fromisoformat(d), delay) for d, delay in zip(drawn[self.after], delays, strict=True)]
        start = date(self.first, 1, 1)
        days = range((date(self.last + 1, 1, 1) - start).days)
        return [_day(start, offset) for offset in rng.choices(days, k=count)]


@dataclass(frozen=True)
class Note(Column):
    """Text that is shown, not searched: a phone number, an address. `#` in a pattern becomes a digit."""

    patterns: tuple[str, ...]

    def draw(self, rng, count, drawn, counts):
        chosen = rng.choices(self.patterns, k=count)
        return ["".join(rng.choice("0123456789") if c == "#" else c for c in pattern) for pattern in chosen]


@dataclass(frozen=True)
class Ref(Column):
    """A reference to the row of another table.

    Args:
        to: the other table, the "parent" of this row.
        pred: plural predicate of the rows given the parent, "were placed by {v}".
        mod: the same after the noun, "placed by {v}".
        verb: what parents do with these rows, "have placed" (more than three orders).
        never: predicate of parents with none, "have never placed an order".
    """

    to: str
    pred: str
    mod: str
    verb: str
    never: str

    type = "INTEGER"

    @property
    def called(self) -> str:
        return self.noun or self.name.removesuffix("_id").replace("_", " ")

    def draw(self, rng, count, drawn, counts):
        return _uneven(rng, range(1, counts[self.to] + 1), count)

    @property
    def sql(self) -> str:
        return f"{super().sql} REFERENCES {self.to}(id)"


def _plain(number: float) -> str:
    """A number without a superfluous ".0"."""
    return str(int(number) if number == int(number) else number)


def _uneven(rng: random.Random, options: Sequence[Any], count: int) -> list[Any]:
    """Choices with unequal chances, so that groups differ in size and some stay empty."""
    return rng.choices(options, [0.1 + rng.random() ** 2 for _ in options], k=count)


def _day(start: date, offset: int) -> str:
    return (start + timedelta(offset)).isoformat()
