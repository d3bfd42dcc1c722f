"""Charts as inline SVG that takes its colours from the page: `s0` to `s5` are the runs, in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Dot", "bars", "dots", "line", "scatter"]

_WIDTH, _LABEL, _RIGHT = 640, 170, 18
_PLOT = _WIDTH - _LABEL - _RIGHT
SERIES = 6
"""Colours; a further run begins again with the first."""


@dataclass(frozen=True)
class Dot:
    """A share in [0, 1] with its interval; without one the bounds are None."""

    value: float | None
    low: float | None = None
    high: float | None = None
    about: str = ""


def dots(rows: Mapping[str, Sequence[Dot]], about: str) -> str:
    """One line a category, one dot a run, each with its interval, from 0 to 100%."""
    deep = max(len(found) for found in rows.values())
    high = 14 * deep + 12
    parts = [_grid(high * len(rows))]
    for number, (name, found) in enumerate(rows.items()):
        top = number * high
        parts.append(_text(_LABEL - 8, top + high / 2 + 4, name, "label"))
        for series, dot in enumerate(found):
            if dot.value is not None:
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
    most, high = max(cost for cost, _, _ in points) or 1.0, 220
    parts = [_axes(high)]
    for step in range(5):
        value = most * step / 4
        parts.append(_text(50 + (_WIDTH - 80) * step / 4, high + 18, f"{value:,.0f}", "tick"))
    parts.append(_text(_WIDTH - 30, high + 34, unit, "unit"))
    for cost, dot, series in points:
        if dot.value is not None:
            x, y = 50 + (_WIDTH - 80) * cost / most, high - dot.value * (high - 10)
            tip = f"<title>{escape(dot.about)}</title>"
            parts.append(f'<circle class="s{series % SERIES}" cx="{x:.1f}" cy="{y:.1f}" r="5">{tip}</circle>')
    return _svg("".join(parts), high + 40, about)


def line(names: Sequence[str], lines: Mapping[str, Sequence[Dot]], about: str) -> str:
    """Shares run by run, one line a world, with intervals."""
    high, step = 220, (_WIDTH - 100) / max(1, len(names) - 1)
    parts = [_axes(high)]
    parts += [_text(60 + step * n, high + 18, name, "tick") for n, name in enumerate(names)]
    for series, (world, found) in enumerate(lines.items()):
        places = [(60 + step * n, high - d.value * (high - 10), d) for n, d in enumerate(found) if d.value is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
        parts.append(f'<polyline class="s{series % SERIES}" points="{path}"><title>{escape(world)}</title></polyline>')
        for x, y, dot in places:
            parts.append(
                f'<circle class="s{series % SERIES}" cx="{x:.1f}" cy="{y:.1f}" r="4">{_tip(world, dot)}</circle>'
            )
            if dot.low is not None and dot.high is not None:
                low, top = (high - bound * (high - 10) for bound in (dot.low, dot.high))
                parts.append(f'<path class="s{series % SERIES}" d="M{x:.1f} {low:.1f}V{top:.1f}"/>')
    return _svg("".join(parts), high + 28, about)


def _dot(dot: Dot, series: int, y: float) -> str:
    x = _LABEL + dot.value * _PLOT
    drawn = ""
    if dot.low is not None and dot.high is not None:
        low, high = (_LABEL + bound * _PLOT for bound in (dot.low, dot.high))
        drawn = f'<path class="s{series % SERIES}" d="M{low:.1f} {y}H{high:.1f}"/>'
    return f'{drawn}<circle class="s{series % SERIES}" cx="{x:.1f}" cy="{y}" r="4.5">{_tip(dot.about, dot)}</circle>'


def _tip(name: str, dot: Dot) -> str:
    bounds = f" ({dot.low:.1%} to {dot.high:.1%})" if dot.low is not None and dot.high is not None else ""
    return f"<title>{escape(name)}: {dot.value:.1%}{bounds}</title>"


def _grid(high: float) -> str:
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _LABEL + share * _PLOT
        parts.append(f'<path class="grid" d="M{x:.1f} 0V{high}"/>{_text(x, high + 16, f"{share:.0%}", "tick")}')
    return "".join(parts)


def _axes(high: float) -> str:
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = high - share * (high - 10)
        parts.append(f'<path class="grid" d="M46 {y:.1f}H{_WIDTH - 14}"/>{_text(40, y + 4, f"{share:.0%}", "label")}')
    return "".join(parts)


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _svg(inside: str, high: float, about: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {high:.0f}" role="img" aria-label="{escape(about)}">{inside}</svg>'
