"""``tq migrate export``, ``import``, ``copy``, ``verify`` and ``script``: their arguments.

What they do is in ``moving``, which is imported when one of them runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tqsdk.cli.progress import progress_option
from tqsdk.cli.session import Session, shared_options

_F = TypeVar("_F", bound=Callable[..., Any])


def _options(command: _F) -> _F:
    """What the three that move have in common."""
    command = token_files(progress_option(shared_options(command)))
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def token_files(command: _F) -> _F:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    for name, which in (("--to-token-file", "second"), ("--from-token-file", "first")):
        text = f"The file that has the token for the {which} address, if that is a URL."
        command = click.option(name, type=path, help=text)(command)
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
    from tqsdk.cli import moving

    moving.move(session, _address(queue), f"file:{file}", **options)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("queue", metavar="QUEUE")
@_options
@click.pass_obj
def import_(session: Session, /, file: Path, queue: str, **options: Any) -> None:
    """Put the tasks of FILE, as `export` writes it, into QUEUE, a name or an address.

    A run that was ended is taken up where it was by the same command.
    """
    from tqsdk.cli import moving

    moving.move(session, f"file:{file}", _address(queue), **options)


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@_options
@click.pass_obj
def copy(session: Session, /, source: str, target: str, **options: Any) -> None:
    """Move tasks from one address to another.

    An address is tq:QUEUE, tq+http://HOST:PORT/PROJECT/QUEUE, tq+https://..., file:PATH, or one of
    docs/migrate-move.md. A run that was ended is taken up where it was by the same command.
    """
    from tqsdk.cli import moving

    moving.move(session, source, target, **options)


@click.command()
@click.argument("where", type=click.Choice(["appengine"]))
@click.pass_obj
def script(session: Session, where: str) -> None:
    """Print a program that exports a pull queue from inside App Engine, on Python 2.7 or 3."""
    from tqsdk.cli import moving

    session.output().raw(moving.SCRIPTS[where].read_bytes())


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--across", is_flag=True, help="Compare by name alone, whatever the queues and projects."
)
@token_files
@progress_option
@shared_options
@click.pass_obj
def verify(session: Session, /, a: str, b: str, **options: Any) -> None:
    """Compare names, payloads, tags and ETAs of the tasks of A and B; end with 1 if any differs.

    A and B are addresses, as for copy. Nothing is changed: a queue is read as a server of ours
    exports it, or, if it has 100 tasks at most, as any server lists it.
    """
    from tqsdk.cli import moving

    moving.verify(session, a, b, **options)


def _address(queue: str) -> str:
    return queue if ":" in queue else f"tq:{queue}"
