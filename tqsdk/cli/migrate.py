"""``tq migrate``: finding and changing the programs that use the API.

The libraries that read programs are an extra; they are imported when a command runs.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click

from tqsdk import config
from tqsdk.cli.moves import copy, export, import_, script, verify
from tqsdk.cli.progress import Progress, progress_option
from tqsdk.cli.session import Session
from tqsdk.cli.switches import forward, rehearse, report

_INSTALL = "pip install 'taskqueue-sdk[migrate]'"

_FOUND = 1

_paths = click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
)
_exclude = click.option(
    "--exclude",
    metavar="GLOB",
    multiple=True,
    help="Leave out files and folders of this name, or path below PATH; may be repeated.",
)


@click.group()
def migrate() -> None:
    """Find the programs that use the API and change them; move tasks, and prove it."""


for _command in (export, import_, copy, verify, script, forward, rehearse, report):
    migrate.add_command(_command)


@contextmanager
def _needing_libraries() -> Generator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: {_INSTALL}") from None


@migrate.command()
@_paths
@_exclude
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    help="How to print it.  [default: text, or json with --json]",
)
@click.option(
    "--target",
    type=click.Choice(["tq", "pubsub", "cloudtasks", "postgres"]),
    help="Tell what is used that this target lacks.",
)
@progress_option
@click.pass_obj
def scan(
    session: Session,
    paths: tuple[Path, ...],
    exclude: tuple[str, ...],
    form: str | None,
    target: str | None,
    progress: bool | None,
) -> None:
    """Print every use of the API in the files of PATH; end with 1 if there is any."""
    with _needing_libraries():
        from tqsdk.migrate import report as reports
        from tqsdk.migrate import sarif
        from tqsdk.migrate.scan import scan
    count = Progress("files looked into", wanted=progress, clock=session.clock)
    with count:
        report = scan(paths, exclude=exclude, step=count.step)
    output = session.output()
    form = form or ("json" if session.json else "text")
    if form == "text":
        for line in reports.text(report, target):
            output.line(line)
    else:
        output.line(reports.as_json(report, target) if form == "json" else sarif.render(report))
    if report.findings:
        raise click.exceptions.Exit(_FOUND)


@migrate.command()
@_paths
@click.option(
    "--to",
    type=click.Choice(["tqsdk", "compat"]),
    required=True,
    help="The client's own calls, or the same calls through tqsdk.compat.",
)
@click.option("--diff", "how", flag_value="diff", default="diff", help="Print what would change.")
@click.option("--write", "how", flag_value="write", help="Change the files, print their names.")
@_exclude
@progress_option
@click.pass_obj
def rewrite(
    session: Session,
    paths: tuple[Path, ...],
    to: str,
    how: str,
    exclude: tuple[str, ...],
    progress: bool | None,
) -> None:
    """Rewrite the Python 3 programs of PATH that use the API through Google's client."""
    with _needing_libraries():
        from tqsdk.migrate.rewrite.programs import rewrite
    count = Progress("files looked into", wanted=progress, clock=session.clock)
    with count:
        result = rewrite(paths, to, exclude=exclude, step=count.step)
    output = session.output()
    for change in result.changes:
        if how == "write":
            change.write()
            output.line(change.shown)
        else:
            output.raw(change.diff().encode("utf-8", "surrogateescape"))
    notes = sum(change.notes for change in result.changes)
    if notes:
        session.note(f"{notes} notes are left for you: look for `# TQM`")
    for finding in result.left:
        session.note(f"{finding.place}: left as it is: {finding.detail}")
    if result.changes and how == "diff":
        raise click.exceptions.Exit(_FOUND)


@migrate.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    type=click.Choice(["tq", "pubsub", "cloudtasks", "postgres", "terraform", "gcloud"]),
    required=True,
    help="What is to read it; terraform and gcloud make Pub/Sub's topics and subscriptions.",
)
@click.option(
    "--location",
    default="us-central1",
    show_default=True,
    metavar="REGION",
    help="Where Cloud Tasks' queues are.",
)
@click.pass_obj
def queues(session: Session, file: Path, to: str, location: str) -> None:
    """Convert the pull queues of a queue.yaml or queue.xml, and tell what has no equal."""
    from discovery.queue_files import QueueFileError
    from tqsdk.migrate.queues.conversion import convert

    project = session.project or os.environ.get(config.PROJECT)
    if project is None and to not in ("tq", "postgres"):
        raise click.UsageError(f"no project: give --project, or set {config.PROJECT}")
    try:
        conversion = convert(file, to, project=project or "", location=location)
    except QueueFileError as error:
        raise click.UsageError(str(error)) from None
    session.output().raw(conversion.text.encode())
    for note in conversion.notes:
        session.note(note)
