"""Charts as inline SVG that takes its colours from `page.css`: `s0` to `s5` are the runs, in their order."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Dot", "bars", "dots", "lines", "scatter"]

_WIDTH, _LABEL, _RIGHT = 640, 170, 18
_PLOT = _WIDTH - _LABEL - _RIGHT
_HIGH, _AXIS = 220, 96
_WIDE = _WIDTH - _AXIS - _RIGHT
"""The place of the charts that have an axis at their left: from its top to its bottom, and from the axis on."""
_SHARES = (0, 0.25, 0.5, 0.75, 1)
SERIES = 6
"""Colours; a further run begins again with the first."""


@dataclass(frozen=True)
class Dot:
    """A value with its interval; without one the bounds are None. What has no value is None instead of a dot."""

    value: float
    low: float | None = None
    high: float | None = None
    about: str = ""


def dots(rows: Mapping[str, Sequence[Dot | None]], about: str) -> str:
    """One line a category, one dot a run, each a share with its interval, from 0 to 100%."""
    deep = max(len(found) for found in rows.values())
    high = 14 * deep + 12
    parts = [_grid(high * len(rows))]
    for number, (name, found) in enumerate(rows.items()):
        top = number * high
        parts.append(_text(_LABEL - 8, top + high / 2 + 4, name, "label"))
        for series, dot in enumerate(found):
            if dot:
                parts.append(_dot(dot, series, top + 13 + 14 * series))
    return _svg("".join(parts), high * len(rows) + 22, about)


def bars(rows: Mapping[str, Mapping[str, float]], kinds: Sequence[str], about: str) -> str:
    """One stacked bar a row; the values are shares of it, `kinds` says in which order and colour."""
    parts = []
    for number, (name, shares) in enumerate(rows.items()):
        top, left = 30 * number, float(_LABEL)
        parts.append(_text(_LABEL - 8, top + 17, name, "label"))
        for series, kind in enumerate(kinds):
            if share := shares.get(kind, 0.0):
                wide = share * _PLOT
                tip = f"<title>{escape(name)}: {escape(kind)} {share:.1%}</title>"
                parts.append(
                    f'<rect class="k{series}" x="{left:.1f}" y="{top + 4}" width="{wide:.1f}" height="18">{tip}</rect>'
                )
                if wide > 34:
                    parts.append(_text(left + wide / 2, top + 17, f"{share:.0%}", "inside"))
                left += wide
    return _svg("".join(parts), 30 * len(rows) + 4, about)


def scatter(points: Sequence[tuple[float, Dot, int]], unit: str, about: str) -> str:
    """Success against a cost: (cost, success, run). The cost's axis begins at 0."""
    most = max(cost for cost, _, _ in points) or 1.0
    parts = [_axis((f"{share:.0%}", _HIGH - share * (_HIGH - 10)) for share in _SHARES)]
    for share in _SHARES:
        parts.append(_text(_AXIS + _WIDE * share, _HIGH + 18, f"{most * share:,.0f}", "tick"))
    parts.append(_text(_WIDTH - _RIGHT, _HIGH + 34, unit, "unit"))
    for cost, dot, series in points:
        x, y = _AXIS + _WIDE * cost / most, _HIGH - dot.value * (_HIGH - 10)
        tip = f"<title>{escape(dot.about)}</title>"
        parts.append(f'<circle class="s{series % SERIES}" cx="{x:.1f}" cy="{y:.1f}" r="5">{tip}</circle>')
    return _svg("".join(parts), _HIGH + 40, about)


def lines(
    places: Sequence[str],
    series: Mapping[str, Sequence[Dot | None]],
    about: str,
    unit: str = "{:.0%}",
    apart: int = 0,
) -> str:
    """Values with intervals over named places, each series a line, on an axis that has 0 on it.

    Args:
        places: names along the horizontal axis.
        series: {name: its value at each place, None where it has none}.
        about: what is drawn, for whom the picture is not for.
        unit: how a value is written, as `str.format` takes it.
        apart: so many places at the end to which no line leads.
    """
    dots = [dot for found in series.values() for dot in found if dot]
    ends = [end for dot in dots for end in (dot.value, dot.low, dot.high) if end is not None]
    ticks = _ticks(min([0.0, *ends]), max([0.0, *ends]))

    def x(place: int) -> float:
        return _AXIS + _WIDE * (place + 0.5) / len(places)

    def y(value: float) -> float:
        return _HIGH - (_HIGH - 10) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts = [_axis((unit.format(tick), y(tick)) for tick in ticks)]
    parts += [_text(x(place), _HIGH + 18, name, "tick") for place, name in enumerate(places)]
    for number, (name, found) in enumerate(series.items()):
        kind = f"s{number % SERIES}"
        there = [(place, dot) for place, dot in enumerate(found) if dot]
        path = " ".join(f"{x(place):.1f},{y(dot.value):.1f}" for place, dot in there if place < len(places) - apart)
        parts.append(f'<polyline class="{kind}" points="{path}"><title>{escape(name)}</title></polyline>')
        for place, dot in there:
            tip = _tip(name, dot, unit)
            parts.append(f'<circle class="{kind}" cx="{x(place):.1f}" cy="{y(dot.value):.1f}" r="4">{tip}</circle>')
            if dot.low is not None and dot.high is not None:
                parts.append(f'<path class="{kind}" d="M{x(place):.1f} {y(dot.low):.1f}V{y(dot.high):.1f}"/>')
    return _svg("".join(parts), _HIGH + 28, about)


def _ticks(low: float, high: float) -> list[float]:
    """Two to seven round numbers that enclose the values."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span))
    step = next(size for size in (power / 5, power / 2, power, 2 * power) if span / size <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _dot(dot: Dot, series: int, y: float) -> str:
    kind, drawn = f"s{series % SERIES}", ""
    if dot.low is not None and dot.high is not None:
        low, high = (_LABEL + bound * _PLOT for bound in (dot.low, dot.high))
        drawn = f'<path class="{kind}" d="M{low:.1f} {y}H{high:.1f}"/>'
    tip = _tip(dot.about, dot, "{:.1%}")
    return f'{drawn}<circle class="{kind}" cx="{_LABEL + dot.value * _PLOT:.1f}" cy="{y}" r="4.5">{tip}</circle>'


def _tip(name: str, dot: Dot, unit: str) -> str:
    value, low, high = (None if part is None else unit.format(part) for part in (dot.value, dot.low, dot.high))
    bounds = f" ({low} to {high})" if low is not None and high is not None else ""
    return f"<title>{escape(name)}: {value}{bounds}</title>"


def _grid(high: float) -> str:
    parts = []
    for share in _SHARES:
        x = _LABEL + share * _PLOT
        parts.append(f'<path class="grid" d="M{x:.1f} 0V{high}"/>{_text(x, high + 16, f"{share:.0%}", "tick")}')
    return "".join(parts)


def _axis(ticks: Iterable[tuple[str, float]]) -> str:
    """The axis at the left: what it says at which height."""
    return "".join(
        f'<path class="grid" d="M{_AXIS} {y:.1f}H{_WIDTH - _RIGHT}"/>{_text(_AXIS - 6, y + 4, said, "label")}'
        for said, y in ticks
    )


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _svg(inside: str, high: float, about: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {high:.0f}" role="img" aria-label="{escape(about)}">{inside}</svg>'
