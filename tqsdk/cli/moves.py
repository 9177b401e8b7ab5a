"""``tq migrate export``, ``import``, ``copy`` and ``verify``: moves tasks, and proves it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from tqsdk.cli.progress import Progress, progress_option
from tqsdk.cli.session import Session, first_line, shared_options
from tqsdk.migrate import moving
from tqsdk.migrate.moving import addresses, verify
from tqsdk.migrate.moving.addresses import Reading, Settings
from tqsdk.migrate.moving.files import path_of
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.model import MoveError
from tqsdk.migrate.moving.mover import Pace, Preview, move, preview

_F = TypeVar("_F", bound=Callable[..., Any])

_DIFFERENT = 1
_REFUSED = 1

_REFUSALS_SHOWN = 20
_SECONDS_IN_A_BATCH = 10  # of the time that a rate gives it, so that no lease runs out


def _options(command: _F) -> _F:
    """What the three that move have in common."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return shared_options(progress_option(command))


def _token_files(command: _F) -> _F:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    for name, side in (("--to-token-file", "second"), ("--from-token-file", "first")):
        command = click.option(
            name, type=path, help=f"The file with the token for the {side} address, if it is a URL."
        )(command)
    return command


_OPTIONS = (
    click.option(
        "--mode",
        type=click.Choice(["drain", "copy", "exact"]),
        help="How to read a queue: take tasks away, lease and then release them, or have a server"
        " of ours show them.",
    ),
    click.option(
        "--lease-seconds",
        type=click.IntRange(1, 604_800),
        help="For how long tasks are leased.  [default: 600, with --mode copy 3600]",
    ),
    click.option(
        "--batch",
        type=click.IntRange(1, 1000),
        default=1000,
        show_default=True,
        help="Tasks that are moved at once.",
    ),
    click.option(
        "--wait",
        type=click.FloatRange(0),
        default=0,
        metavar="SECONDS",
        help="Wait for tasks that are leased, or not due yet.",
    ),
    click.option("--force", is_flag=True, help="Copy though tasks may have no lease left."),
    click.option(
        "--rate", type=click.FloatRange(0, min_open=True), help="At most so many tasks a second."
    ),
    click.option(
        "--ledger",
        "ledger_path",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The file that remembers how far this has come.  [default: one in this folder]",
    ),
    click.option(
        "--most-refused",
        type=click.IntRange(0),
        default=1000,
        show_default=True,
        help="Give up when more tasks than this are refused.",
    ),
    click.option("--dry-run", is_flag=True, help="Tell what there is to do, and change nothing."),
)


@click.command()
@click.argument("queue", metavar="QUEUE")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_options
@click.pass_obj
def export(session: Session, /, queue: str, file: Path, **options: Any) -> None:
    """Write the tasks of QUEUE, a name or an address, to FILE: JSON Lines, compressed if .zst.

    A run that was ended is taken up where it was by the same command.
    """
    _move(session, _address(queue), f"file:{file}", **options)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("queue", metavar="QUEUE")
@_options
@click.pass_obj
def import_(session: Session, /, file: Path, queue: str, **options: Any) -> None:
    """Put the tasks of FILE into QUEUE, a name or an address.

    A run that was ended is taken up where it was by the same command.
    """
    _move(session, f"file:{file}", _address(queue), **options)


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@_token_files
@_options
@click.pass_obj
def copy(session: Session, /, source: str, target: str, **options: Any) -> None:
    """Move tasks from one address to another.

    An address is tq:QUEUE, tq+http://HOST:PORT/PROJECT/QUEUE, tq+https://..., file:PATH, or one of
    docs/migrate-move.md. A run that was ended is taken up where it was by the same command.
    """
    _move(session, source, target, **options)


@click.command()
@click.argument("where", type=click.Choice(["appengine"]))
@click.pass_obj
def script(session: Session, where: str) -> None:
    """Print a program that exports a pull queue from inside App Engine, on Python 2.7 or 3."""
    session.output().raw(Path(moving.__file__).with_name("appengine_export.py.txt").read_bytes())


@click.command("verify")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--across", is_flag=True, help="Compare by name alone, whatever the queues and projects."
)
@_token_files
@progress_option
@shared_options
@click.pass_obj
def verify_(
    session: Session,
    a: str,
    b: str,
    across: bool,
    from_token_file: Path | None,
    to_token_file: Path | None,
    progress: bool | None,
) -> None:
    """Compare names, payloads, tags and ETAs of the tasks of A and B; end with 1 if any differs.

    A and B are addresses, as for copy. Nothing is changed: a queue is read as a server of ours
    exports it, or, if it has 100 tasks at most, as any server lists it.
    """
    output = session.output()
    count = Progress("compared", wanted=progress, clock=session.clock)
    with (
        _troubles(),
        _reading(session, a, from_token_file) as of_a,
        _reading(session, b, to_token_file) as of_b,
        count,
    ):
        comparison = verify.compare(of_a, of_b, across=across, step=count.step)
    if session.json:
        output.details(comparison.members())
    else:
        for line in verify.text(comparison, a, b):
            output.line(line)
    if not comparison.is_same:
        raise click.exceptions.Exit(_DIFFERENT)


def _move(
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
    if rate is not None:
        options["batch"] = min(options["batch"], math.ceil(rate * _SECONDS_IN_A_BATCH))
    settings = replace(_settings(session, from_, from_token_file), **options)
    what = _identity(session, from_, to, settings.mode)
    path = Path(":memory:") if dry_run else ledger_path or _default_ledger(what)
    with _troubles(), Ledger(path, what) as ledger:
        if ledger.is_complete:
            session.note(f"this is done already; to do it once more, delete {path}")
            return _tell(session, ledger)
        with (
            closing(addresses.source(from_, settings, ledger)) as source,
            closing(addresses.target(to, _settings(session, to, to_token_file))) as target,
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
            moved = move(
                source, target, ledger, pace=pace, most_refused=most_refused, step=count.step
            )
            can_repeat = target.knows_names or target.mark() is not None
        ledger.complete()
        if moved.left:
            session.note(moved.left)
        try:
            _tell(session, ledger)
        finally:
            # What cannot be told from the target later on has to be remembered.
            if can_repeat:
                ledger.remove()


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


def _address(queue: str) -> str:
    return queue if ":" in queue else f"tq:{queue}"


def _settings(session: Session, address: str, token_file: Path | None) -> Settings:
    token = first_line(token_file)
    if token is None and address.startswith("tq:"):
        token = session.given_token()
    return Settings(clock=session.clock, client=session.client, token=token, note=session.note)


def _reading(session: Session, address: str, token_file: Path | None) -> Reading:
    return addresses.reading(address, _settings(session, address, token_file))


def _identity(session: Session, from_: str, to: str, mode: str | None) -> str:
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
    return address


def _default_ledger(what: str) -> Path:
    return Path(f"tq-migrate-{hashlib.sha256(what.encode()).hexdigest()[:12]}.ledger")


@contextmanager
def _troubles() -> Generator[None]:
    try:
        yield
    except MoveError as error:
        raise click.ClickException(str(error)) from error
