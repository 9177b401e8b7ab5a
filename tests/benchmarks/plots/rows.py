"""The table as a picture: each ratio in units of its floor, so that all rows have one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.plots import svg
from tests.benchmarks.report import ratios
from tests.benchmarks.rounds import Results
from tests.benchmarks.rows import Row

_WIDTH = 860.0
_LEFT, _RIGHT, _TOP = 400.0, 836.0, 70.0
_ROW = 24.0
_GOOD, _BAD = 0, 1


@dataclass(frozen=True, slots=True)
class _Bar:
    title: str
    reached: float
    goal: float


def plot(rows: Sequence[Row], results: Results) -> str | None:
    """The *rows* that ask for something, as SVG; None where none of them was measured."""
    bars = [bar for row in rows if (bar := _bar(row, results)) is not None]
    if not bars:
        return None
    lengths = [1.0, *(bar.reached for bar in bars), *(bar.goal for bar in bars)]
    ticks = svg.ticks(min(lengths), max(lengths))
    bottom = _TOP + _ROW * len(bars)
    pieces = [svg.text(16, 48, "times the floor, which is 1; a line marks the goal", style="quiet")]
    for tick in ticks:
        x = _x(tick, ticks)
        pieces.append(svg.line(x, _TOP - 4, x, bottom, style="wanted" if tick == 1 else "grid"))
        pieces.append(svg.text(x, bottom + 18, svg.short(tick), anchor="middle", style="quiet"))
    for number, bar in enumerate(bars):
        pieces += _drawn(bar, _TOP + _ROW * number, ticks)
    return svg.document(_WIDTH, bottom + 34, "Ratios to peers, as shares of their floors", pieces)


def _bar(row: Row, results: Results) -> _Bar | None:
    found = ratios(row, results)
    if row.floor is None or row.goal is None or not found:
        return None
    reached, goal = median(found) / row.floor, row.goal / row.floor
    if row.less_is_better:
        reached, goal = 1 / reached, 1 / goal
    return _Bar(row.title, reached, goal)


def _drawn(bar: _Bar, y: float, ticks: Sequence[float]) -> list[str]:
    start, end, goal = (_x(each, ticks) for each in (1, bar.reached, bar.goal))
    colour = _GOOD if bar.reached >= 1 else _BAD
    return [
        svg.text(_LEFT - 10, y + 15, bar.title, anchor="end"),
        svg.box(min(start, end), y + 4, max(abs(end - start), 1.5), _ROW - 10, colour),
        svg.line(goal, y + 1, goal, y + _ROW - 3, style="wanted"),
    ]


def _x(value: float, ticks: Sequence[float]) -> float:
    return svg.logarithmic(value, ticks[0], ticks[-1], _LEFT, _RIGHT)
