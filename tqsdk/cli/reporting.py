"""What ``tq migrate report`` does."""

from __future__ import annotations

from pathlib import Path

import click

from tqsdk.cli.moving import troubles
from tqsdk.cli.session import Session
from tqsdk.migrate.page import document, inputs


def report(
    session: Session,
    *,
    scan: Path | None,
    moves: tuple[Path, ...],
    comparisons: tuple[Path, ...],
    rehearsal: Path | None,
    title: str,
    out: Path,
) -> None:
    """Write the page.

    Args:
        session: Tells the time.
        scan: The output of a scan.
        moves: Those of moves.
        comparisons: Those of ``verify``.
        rehearsal: That of a rehearsal.
        title: Of the page.
        out: Where to write it.
    """
    if not (scan or moves or comparisons or rehearsal):
        raise click.UsageError("nothing to report: give --scan, --move, --verify or --rehearsal")
    with troubles():
        read = inputs.read(scan=scan, moves=moves, comparisons=comparisons, rehearsal=rehearsal)
    page = document.render(read, title=title, written_at=session.clock.now())
    out.write_text(page, encoding="utf-8")
