"""A curve as a picture: both axes logarithmic, since both sides grow by factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tests.benchmarks.curves import Curve, Series
from tests.benchmarks.plots import svg
from tests.benchmarks.report import value_at
from tests.benchmarks.rounds import Results

_WIDTH, _HEIGHT = 720.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 72.0, 696.0, 80.0, 340.0
_LETTER = 6.8

_Points: TypeAlias = Sequence[tuple[float, float]]


def plot(curve: Curve, results: Results) -> str | None:
    """*curve* as SVG; None where nothing of it was measured."""
    lines = [_points(curve, series, results) for series in curve.series]
    xs = sorted({x for line in lines for x, _ in line})
    ys = [y for line in lines for _, y in line]
    if not ys:
        return None
    ticks = svg.ticks(min(ys), max(ys))
    pieces = _axes(curve.axis, xs, ticks)
    legend = 22.0
    for number, line in enumerate(lines):
        if not line:
            continue
        placed = [(_x(x, xs), _y(y, ticks)) for x, y in line]
        pieces += [svg.lines(placed, number), *(svg.mark(x, y, number) for x, y in placed)]
        label = curve.series[number].label
        pieces += [svg.mark(legend, 50, number), svg.text(legend + 11, 55, label)]
        legend += 32 + _LETTER * len(label)
    return svg.document(_WIDTH, _HEIGHT, f"{curve.title} ({curve.unit})", pieces)


def _points(curve: Curve, series: Series, results: Results) -> _Points:
    values = ((x, value_at(curve, series, x, results)) for x in curve.long_points)
    return [(x, y) for x, y in values if y is not None]


def _axes(name: str, xs: Sequence[float], ticks: Sequence[float]) -> list[str]:
    pieces = [svg.text(_RIGHT, _HEIGHT - 14, name, anchor="end", style="quiet")]
    for tick in ticks:
        y = _y(tick, ticks)
        pieces.append(svg.line(_LEFT, y, _RIGHT, y, style="grid"))
        pieces.append(svg.text(_LEFT - 10, y + 4, svg.short(tick), anchor="end", style="quiet"))
    for x in xs:
        at = _x(x, xs)
        pieces.append(svg.line(at, _BOTTOM, at, _BOTTOM + 5, style="grid"))
        pieces.append(svg.text(at, _BOTTOM + 22, svg.short(x), anchor="middle", style="quiet"))
    return pieces


def _x(value: float, xs: Sequence[float]) -> float:
    # Off the edges, so that marks and labels have room; a single point is in the middle.
    if len(xs) == 1:
        return (_LEFT + _RIGHT) / 2
    return svg.logarithmic(value, xs[0], xs[-1], _LEFT + 16, _RIGHT - 16)


def _y(value: float, ticks: Sequence[float]) -> float:
    return svg.logarithmic(value, ticks[0], ticks[-1], _BOTTOM, _TOP)
