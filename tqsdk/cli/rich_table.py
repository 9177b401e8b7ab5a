"""Tables by rich, where it is installed; the only module that imports it."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP = 2


def render(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as wide as the terminal: the last cells end in an ellipsis if they do not fit."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=True)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    left = console.width
    for number, heading in enumerate(headings[:-1]):
        # Names and tokens are there to be copied, so they are whole.
        width = max(map(cell_len, [heading, *(row[number] for row in rows)]))
        table.add_column(heading, no_wrap=True, width=width)
        left -= width + _GAP
    last = max(left, cell_len(headings[-1]))
    console.width += last - left
    table.add_column(headings[-1], no_wrap=True, overflow="ellipsis", max_width=last)
    for row in rows:
        table.add_row(*map(Text, row))  # as Text, since payloads are no markup
    console.print(table)
    return text.getvalue().rstrip("\n")
