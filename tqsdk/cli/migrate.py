"""``tq migrate``: finding and changing the programs that use the API.

The libraries that read programs are an extra; they are imported when a command runs.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click

from tqsdk.cli.progress import Progress, progress_option
from tqsdk.cli.session import Session

_INSTALL = "pip install 'taskqueue-sdk[migrate]'"

_FOUND = 1

_paths = click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
_exclude = click.option(
    "--exclude",
    metavar="GLOB",
    multiple=True,
    help="Leave out files and folders of this name, or path below PATH; may be repeated.",
)


@click.group()
def migrate() -> None:
    """Find the programs that use the API, and change them."""


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
