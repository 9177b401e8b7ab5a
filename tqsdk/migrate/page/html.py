"""Elements of a page. Whatever is text is escaped, so that no input can be more than text."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content: TypeAlias = str | int | float | None


def text(content: Content) -> Markup:
    """*content* as HTML: numbers with their thousands apart, text escaped."""
    if isinstance(content, Markup):
        return content
    if content is None:
        return Markup("-")
    if isinstance(content, bool):
        return Markup("yes" if content else "no")
    if isinstance(content, int):
        return Markup(f"{content:,}")
    if isinstance(content, float):
        return Markup(f"{content:,.1f}")
    return Markup(html.escape(content))


def element(name: str, *contents: Content, **attributes: Content) -> Markup:
    """``element("td", 5, class_="number")``; an underscore is a hyphen, one at the end nothing."""
    spelled = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{spelled}>{''.join(map(text, contents))}</{name}>")


def joined(parts: Iterable[Content]) -> Markup:
    return Markup("".join(map(text, parts)))


def table(headings: Sequence[str], rows: Iterable[Sequence[Content]]) -> Markup:
    """A table; numbers stand right."""
    head = joined(element("th", heading, scope="col") for heading in headings)
    body = joined(element("tr", joined(map(_cell, row))) for row in rows)
    return element(
        "div",
        element("table", element("thead", element("tr", head)), element("tbody", body)),
        class_="wide",
    )


def _cell(content: Content) -> Markup:
    is_number = isinstance(content, int | float) and not isinstance(content, bool)
    return element("td", content, class_="number" if is_number else None)
