"""``tq migrate forward``, ``rehearse`` and ``report``: from one queue to another, while both live.

What they need is imported when they run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tqsdk.cli.moves import token_files
from tqsdk.cli.progress import progress_option
from tqsdk.cli.session import Session, shared_options

_readable = click.Path(exists=True, dir_okay=False, path_type=Path)
_writable = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@token_files
@click.option(
    "--lease-seconds",
    type=click.IntRange(3, 604_800),
    default=600,
    show_default=True,
    help="For how long tasks are leased; those that wait are renewed.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Tasks that are forwarded at once.",
)
@click.option(
    "--poll",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="When to look again where there was nothing.",
)
@click.option(
    "--report-every",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to print how it goes; 0 is once, at the end.",
)
@click.option(
    "--dead-letters",
    type=_writable,
    help="The file for what TO refuses, as `import` reads it.  [default: one in this folder]",
)
@click.option("--suffix", metavar="TEXT", help="Add this to the name of each task.")
@click.option(
    "--ledger",
    "ledger_path",
    type=_writable,
    help="The file that remembers how far this has come.  [default: one in this folder]",
)
@click.option("--dry-run", is_flag=True, help="Tell what there is to do, and change nothing.")
@shared_options
@click.pass_obj
def forward(session: Session, /, source: str, target: str, **options: Any) -> None:
    """Take tasks from one address to another for as long as this runs.

    A task is deleted only when it is safe on the other side. What fails is tried again until it
    does not; a run that was ended is taken up by the same command. SIGTERM, or an interrupt, ends
    it after the batch that is on its way.
    """
    from tqsdk.cli import forwarding

    forwarding.forward(session, source, target, **options)


@click.command()
@click.option(
    "--plan", metavar="MODE:SECONDS,...", help="Which mode holds when.  [default: 1 hour]"
)
@click.option("--producers", type=click.IntRange(1, 100), default=2, show_default=True)
@click.option("--consumers", type=click.IntRange(1, 100), default=4, show_default=True)
@click.option(
    "--per-second",
    type=click.FloatRange(0, 100, min_open=True),
    default=0.2,
    show_default=True,
    help="Tasks that each producer inserts.",
)
@click.option(
    "--faults",
    type=click.FloatRange(0, 0.5),
    default=0.01,
    show_default=True,
    help="How probable it is that a call is refused, and that its answer is lost.",
)
@click.option(
    "--deaths",
    type=click.FloatRange(0, 0.5),
    default=0.001,
    show_default=True,
    help="How probable it is that a consumer dies, each two seconds.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of all that is left to chance."
)
@click.option("--load", type=_readable, help="Insert the tasks of this export.")
@progress_option
@shared_options
@click.pass_obj
def rehearse(session: Session, /, **options: Any) -> None:
    """Play a switch between two servers of this machine, with faults; end with 1 if tasks are lost.

    The servers are of `tq-emulator`, are started for this, and share a time that flies.
    """
    from tqsdk.cli import rehearsing

    rehearsing.rehearse(session, **options)


@click.command()
@click.option("--scan", type=_readable, help="What `tq migrate scan --format json` has printed.")
@click.option(
    "--move",
    "moves",
    type=_readable,
    multiple=True,
    help="What `tq --json migrate export`, `import` or `copy` has printed; may be repeated.",
)
@click.option(
    "--verify",
    "comparisons",
    type=_readable,
    multiple=True,
    help="What `tq --json migrate verify` has printed; may be repeated.",
)
@click.option("--rehearsal", type=_readable, help="What `tq --json migrate rehearse` has printed.")
@click.option("--title", default="Migration", show_default=True)
@click.option("--out", type=_writable, required=True, help="The page to write.")
@click.pass_obj
def report(session: Session, /, **options: Any) -> None:
    """Write a page, in one file, of what was found, what moved, and what is proven."""
    from tqsdk.cli import reporting

    reporting.report(session, **options)
