"""The pieces that plots are made of, and how they look in light and in dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Literal, TypeAlias

Anchor: TypeAlias = Literal["start", "middle", "end"]

COLOURS = 5
"""How many colours there are for series."""

# Told apart by people who see colours differently (Okabe and Ito's palette, darker for the light
# page), and each series has a mark of its own besides.
_LIGHT = ("#0072b2", "#c44e00", "#00805f", "#a8487e", "#6b5b00")
_DARK = ("#56b4e9", "#f08a3c", "#2bc49a", "#e39ac4", "#f0e442")


def _colours(of: Sequence[str]) -> str:
    return "".join(
        f".line{at}{{stroke:{colour}}}.mark{at}{{fill:{colour}}}" for at, colour in enumerate(of)
    )


_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:15px}"
    ".quiet{fill:#59636e}.page{fill:#ffffff}.grid{stroke:#d1d9e0}.wanted{stroke:#1f2328}"
    f".line{{fill:none;stroke-width:2}}{_colours(_LIGHT)}"
    "@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.quiet{fill:#9198a1}"
    f".page{{fill:#0d1117}}.grid{{stroke:#3d444d}}.wanted{{stroke:#f0f6fc}}{_colours(_DARK)}}}"
)


def document(width: float, height: float, title: str, pieces: Sequence[str]) -> str:
    """A whole picture, on a page of its own colour."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
            f' width="{width:g}" height="{height:g}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="page" width="{width:g}" height="{height:g}"/>',
            text(16, 26, title, style="title"),
            *pieces,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, words: str, *, anchor: Anchor = "start", style: str = "") -> str:
    """*words*, whose baseline is at *y*."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">'
        f"{escape(words)}</text>"
    )


def line(x: float, y: float, to_x: float, to_y: float, *, style: str) -> str:
    """A straight line."""
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" class="{style}"/>'


def lines(points: Sequence[tuple[float, float]], colour: int) -> str:
    """A series, from point to point."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" class="line line{colour}"/>'


def box(x: float, y: float, width: float, height: float, colour: int) -> str:
    """A filled box."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' class="mark{colour}"/>'
    )


def mark(x: float, y: float, number: int) -> str:
    """The mark of the series *number*: disc, square, diamond, triangle, and one upside down."""
    shape = (
        (f"M{x - 4.5:.1f} {y:.1f}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z"),
        (f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8z"),
        (f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z"),
        (f"M{x:.1f} {y - 5:.1f}l5.5 9.5h-11z"),
        (f"M{x:.1f} {y + 5:.1f}l5.5 -9.5h-11z"),
    )[number]
    return f'<path d="{shape}" class="mark{number}"/>'


def logarithmic(value: float, low: float, high: float, start: float, end: float) -> float:
    """Where *value* is between *start* and *end*, if *low* and *high* are there."""
    return start + (end - start) * log10(value / low) / log10(high / low)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, the first at most *low* and the last at least *high*."""
    steps = [
        step * 10.0**power
        for power in range(floor(log10(low)), ceil(log10(high)) + 1)
        for step in ((1, 2, 5) if high / low < 100 else (1,))
    ]
    first = max(at for at, tick in enumerate(steps) if tick <= low * 1.000001)
    last = min(at for at, tick in enumerate(steps) if tick >= high * 0.999999)
    return steps[first : max(last, first + 1) + 1]


def short(value: float) -> str:
    """*value* as an axis shows it: 200, 1k, 10M, and 64 Ki where it is that many."""
    for size, letter in ((2**20, " Mi"), (2**10, " Ki"), (1e6, "M"), (1e3, "k")):
        if value >= size and (size % 10 == 0 or value % size == 0):
            return f"{value / size:g}{letter}"
    return f"{value:g}"
