"""Pictures of numbers, as SVG. Each number also stands beside its bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tqsdk.migrate.page.html import Markup, element, joined

_WIDTH = 720
_LABEL = 320  # of the width
_LONGEST = 40  # characters that it has room for, in a wide font
_NUMBER = 80
_ROW = 26
_SHADES = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A bar, or a part of one.

    Attributes:
        label: What it counts.
        count: How many.
        shade: Which of the page's colours, from 0.
    """

    label: str
    count: int
    shade: int = 0


def bars(title: str, parts: Sequence[Part]) -> Markup:
    """A bar for each part, one below the other."""
    most = max((part.count for part in parts), default=0) or 1
    room = _WIDTH - _LABEL - _NUMBER
    return _picture(
        title,
        len(parts) * _ROW,
        joined(
            _bar(part, y=row * _ROW, width=room * part.count / most)
            for row, part in enumerate(parts)
        ),
    )


def stack(title: str, parts: Sequence[Part]) -> Markup:
    """One bar, of all parts side by side, and what each is."""
    total = sum(part.count for part in parts) or 1
    pieces: list[Markup] = []
    x = 0.0
    for row, part in enumerate(parts):
        width = _WIDTH * part.count / total
        label = f"{part.label}: {part.count:,}"
        y = 30 + row * 20
        pieces += (
            _rect(part, x=x, y=0, width=width, height=18),
            _rect(part, x=0, y=y, width=12, height=12),
            element("text", label, x=20, y=y + 11),
        )
        x += width
    return _picture(title, 30 + len(parts) * 20, joined(pieces))


def _bar(part: Part, *, y: int, width: float) -> Markup:
    return joined(
        (
            element("text", _short(part.label), x=_LABEL - 8, y=y + 16, text_anchor="end"),
            _rect(part, x=_LABEL, y=y + 4, width=width, height=_ROW - 10),
            element("text", part.count, x=f"{_LABEL + width + 6:.1f}", y=y + 16),
        )
    )


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _rect(part: Part, *, x: float, y: int, width: float, height: int) -> Markup:
    return element(
        "rect",
        x=f"{x:.1f}",
        y=y,
        width=f"{width:.1f}",
        height=height,
        class_=f"shade{part.shade % _SHADES}",
    )


def _picture(title: str, height: int, content: Markup) -> Markup:
    return element(
        "svg",
        content,
        viewBox=f"0 0 {_WIDTH} {max(height, 1)}",
        role="img",
        aria_label=title,
    )
