"""What ``tq migrate export``, ``import``, ``copy`` and ``verify`` do."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import click

from tqsdk.cli.progress import Progress
from tqsdk.cli.session import Session, first_line
from tqsdk.migrate import moving
from tqsdk.migrate.moving import addresses, comparison
from tqsdk.migrate.moving.addresses import Reading, Settings
from tqsdk.migrate.moving.files import path_of
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.model import MoveError
from tqsdk.migrate.moving.mover import Pace, Preview, preview
from tqsdk.migrate.moving.mover import move as move_all

SCRIPTS = {"appengine": Path(moving.__file__).with_name("appengine_export.py.txt")}

_DIFFERENT = 1
_REFUSED = 1

_REFUSALS_SHOWN = 20
_SECONDS_IN_A_BATCH = 10  # of the time that a rate gives it, so that no lease runs out


def move(
    session: Session,
    from_: str,
    to: str,
    *,
    ledger_path: Path | None,
    rate: float | None,
    most_refused: int,
    dry_run: bool,
    progress: bool | None,
    from_token_file: Path | None = None,
    to_token_file: Path | None = None,
    **options: Any,
) -> None:
    """Move tasks, and tell what became of them.

    Args:
        session: What the shared options say.
        from_: An address.
        to: Likewise.
        ledger_path: None for one in this folder.
        rate: Tasks in a second; None for no bound.
        most_refused: As for ``mover.move``.
        dry_run: Whether to change nothing.
        progress: As for ``Progress``.
        from_token_file: Has the token for *from_*, if that is a URL.
        to_token_file: Likewise.
        options: The other members of ``Settings``.
    """
    if rate is not None:
        options["batch"] = min(options["batch"], math.ceil(rate * _SECONDS_IN_A_BATCH))
    settings = replace(settings_for(session, from_, from_token_file), **options)
    what = identity(session, from_, to, settings.mode)
    path = Path(":memory:") if dry_run else ledger_path or default_ledger(what)
    with troubles(), Ledger(path, what) as ledger:
        if ledger.is_complete:
            session.note(f"this is done already; to do it once more, delete {path}")
            return _tell(session, ledger)
        with (
            closing(addresses.source(from_, settings, ledger)) as source,
            closing(addresses.target(to, settings_for(session, to, to_token_file))) as target,
            Progress(
                "looked at" if dry_run else "moved",
                wanted=progress,
                total=ledger.total(source.total),
                clock=session.clock,
            ) as count,
        ):
            if dry_run:
                return _tell_preview(session, preview(source, target, count.step))
            count.resume(ledger.tally.all)
            pace = Pace(rate, session.clock)
            moved = move_all(
                source, target, ledger, pace=pace, most_refused=most_refused, step=count.step
            )
            can_repeat = target.knows_names or target.mark() is not None
        if not can_repeat:  # what the target does not tell has to be remembered
            ledger.complete()
        if moved.left:
            session.note(moved.left)
        try:
            _tell(session, ledger)
        finally:
            if can_repeat:
                ledger.remove()


def verify(
    session: Session,
    a: str,
    b: str,
    *,
    across: bool,
    from_token_file: Path | None,
    to_token_file: Path | None,
    progress: bool | None,
) -> None:
    """Compare the tasks of two addresses, and tell."""
    output = session.output()
    count = Progress("compared", wanted=progress, clock=session.clock)
    with (
        troubles(),
        _reading(session, a, from_token_file) as of_a,
        _reading(session, b, to_token_file) as of_b,
        count,
    ):
        found = comparison.compare(of_a, of_b, across=across, step=count.step)
    if session.json:
        output.details(found.members())
    else:
        for line in comparison.text(found, addresses.shown(a), addresses.shown(b)):
            output.line(line)
    if not found.is_same:
        raise click.exceptions.Exit(_DIFFERENT)


def _tell(session: Session, ledger: Ledger) -> None:
    for name, reason in islice(ledger.refusals(), _REFUSALS_SHOWN):
        session.note(f"{name}: refused: {reason}")
    tally = ledger.tally
    if tally.refused > _REFUSALS_SHOWN:
        session.note(f"and {tally.refused - _REFUSALS_SHOWN:,} more are refused")
    counts = {"stored": tally.stored, "there": tally.there, "refused": tally.refused}
    session.output().details(counts)
    if tally.refused:
        raise click.exceptions.Exit(_REFUSED)


def _tell_preview(session: Session, found: Preview) -> None:
    for reason, count in found.refusals.most_common():
        session.note(f"{count:,} would be refused: {reason}")
    if not found.is_read:
        session.note("only counted: to look at these would be to lease them")
    refused = found.refusals.total()
    session.output().details({"tasks": found.records, "refused": refused})
    if refused:
        raise click.exceptions.Exit(_REFUSED)


def settings_for(session: Session, address: str, token_file: Path | None) -> Settings:
    token = first_line(token_file)
    if token is None and address.startswith("tq:"):
        token = session.given_token()
    return Settings(clock=session.clock, client=session.client, token=token, note=session.note)


def _reading(session: Session, address: str, token_file: Path | None) -> Reading:
    return addresses.reading(address, settings_for(session, address, token_file))


def identity(session: Session, from_: str, to: str, mode: str | None) -> str:
    """What is moved, in words that are the same each time, and never for another move."""
    how = f" ({mode})" if mode else ""
    return f"{_full(session, from_)} to {_full(session, to)}{how}"


def _full(session: Session, address: str) -> str:
    scheme, _, rest = address.partition(":")
    if scheme == "tq":
        with session.client() as client:
            return f"tq+{client.endpoint}/{client.project}/{rest}"
    if addresses.scheme_of(address) == "file":
        return f"file:{path_of(address).resolve()}"
    return addresses.shown(address)  # it is written down in the ledger


def default_ledger(what: str) -> Path:
    return Path(f"tq-migrate-{hashlib.sha256(what.encode()).hexdigest()[:12]}.ledger")


@contextmanager
def troubles() -> Generator[None]:
    try:
        yield
    except MoveError as error:
        raise click.ClickException(str(error)) from error
