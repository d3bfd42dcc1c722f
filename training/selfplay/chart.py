"""Line charts with error bars as inline SVG: nothing to install, nothing to load, sharp at any size."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Point", "chart"]

COLOURS = ("#3465a4", "#c4580b", "#2e7d32", "#8e44ad", "#00838f", "#7a6a00")
WIDTH, HEIGHT = 440, 220
LEFT, RIGHT, TOP, BOTTOM = 66, 12, 14, 24


@dataclass(frozen=True)
class Point:
    """A value and the ends of its interval, where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


def chart(
    title: str, places: Sequence[str], lines: Mapping[str, Sequence[Point | None]], unit: str, apart: int = 0
) -> str:
    """Draw lines over named places, from an axis at 0, as an HTML figure with a legend.

    Args:
        title: above the chart.
        places: names along the horizontal axis.
        lines: for each its name and its point at each place, None where it has none.
        unit: how a value is written, as `str.format` takes it.
        apart: so many places at the end to which no line leads.
    """
    points = [point for line in lines.values() for point in line if point]
    ends = [end for p in points for end in (p.value, p.low, p.high) if end is not None]
    ticks = _ticks(min([0.0, *ends]), max([0.0, *ends]))

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / len(places)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts, legend = [], []
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="y" x="{LEFT - 6}" y="{y(tick) + 4:.1f}">{escape(unit.format(tick))}</text>')
    for place, name in enumerate(places):
        parts.append(f'<text class="x" x="{x(place):.1f}" y="{HEIGHT - 6}">{escape(name)}</text>')
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        there = [(place, point) for place, point in enumerate(line) if point]
        joined = [f"{x(place):.1f},{y(p.value):.1f}" for place, p in there if place < len(places) - apart]
        parts.append(f'<polyline points="{" ".join(joined)}" stroke="{colour}"/>')
        for place, point in there:
            if point.low is not None and point.high is not None:
                parts.append(_bar(x(place), y(point.low), y(point.high), colour))
            words = f"<title>{escape(f'{name}: {unit.format(point.value)}')}</title>"
            where = f'cx="{x(place):.1f}" cy="{y(point.value):.1f}"'
            parts.append(f'<circle {where} r="3.5" fill="{colour}">{words}</circle>')
        legend.append(f'<span style="color: {colour}">{escape(name)}</span>')
    drawing = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'
    return f"<figure><b>{escape(title)}</b>{drawing}<figcaption>{' · '.join(legend)}</figcaption></figure>"


def _bar(at: float, low: float, high: float, colour: str) -> str:
    caps = "".join(f"M{at - 4:.1f} {end:.1f}H{at + 4:.1f}" for end in (low, high))
    return f'<path class="bar" d="M{at:.1f} {low:.1f}V{high:.1f}{caps}" stroke="{colour}"/>'


def _ticks(low: float, high: float) -> list[float]:
    """Two to seven round numbers that enclose the values."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span))
    step = next(size for size in (power / 5, power / 2, power, 2 * power) if span / size <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
