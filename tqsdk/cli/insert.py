"""``tq tasks insert``: tasks from arguments, files and standard input."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import click

from tqsdk.cli import records, sources
from tqsdk.cli.failures import for_groups
from tqsdk.cli.output import printable
from tqsdk.cli.progress import Progress, progress_option
from tqsdk.cli.records import Draft
from tqsdk.cli.session import Session, shared_options
from tqsdk.lanes import Planned
from tqsdk.models import Task


def _eta(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    return None if value is None else records.instant(value)


@click.command()
@click.argument("queue")
@click.argument("payloads", metavar="[PAYLOAD]...", nargs=-1)
@click.option(
    "--file",
    "files",
    metavar="FILE",
    multiple=True,
    help="Insert each line of FILE, - for standard input. Repeatable.",
)
@click.option("--jsonl", is_flag=True, help="The lines are JSON objects: tasks with all they have.")
@click.option("--name", help="The task's name; only with one PAYLOAD.")
@click.option("--tag", help="The tag of all that say none.")
@click.option(
    "--eta",
    metavar="TIME",
    callback=_eta,
    help="When they may first be leased, such as 2026-01-31T12:00:00Z.",
)
@click.option(
    "--delay", type=click.FloatRange(min=0), metavar="SECONDS", help="The same, from now."
)
@click.option(
    "--dedupe/--no-dedupe",
    default=True,
    help="Without it the server names the tasks, and nothing is repeated that may be stored.",
)
@progress_option
@shared_options
@click.pass_obj
def insert(
    session: Session,
    queue: str,
    payloads: tuple[str, ...],
    files: tuple[str, ...],
    jsonl: bool,
    name: str | None,
    tag: str | None,
    eta: datetime | None,
    delay: float | None,
    dedupe: bool,
    progress: bool | None,
) -> None:
    """Insert each PAYLOAD as a task of QUEUE, and print the tasks' names.

    A PAYLOAD is text, or @FILE for the bytes of a file; @@ begins a text with an @. Without PAYLOAD
    and --file, or with - alone, each line of standard input is a task.

    What is printed is stored, once: an insert whose answer is lost is repeated under the same name.
    """
    if sources.STANDARD_INPUT in payloads:
        if len(payloads) > 1:
            raise click.UsageError(
                "- is standard input and stands alone; beside others say --file -"
            )
        payloads, files = (), (*files, sources.STANDARD_INPUT)
    if name is not None and (len(payloads) != 1 or files):
        raise click.UsageError("--name is the name of one task: give one PAYLOAD")
    if eta is not None and delay is not None:
        raise click.UsageError("give --eta or --delay, not both")
    if not payloads and not files:
        if not sources.is_piped():
            raise click.UsageError("nothing to insert: give a PAYLOAD or --file, or pipe lines in")
        files = (sources.STANDARD_INPUT,)
    due = timedelta(seconds=delay) if delay is not None else eta

    def drafts() -> Iterator[list[Draft]]:
        yield from sources.grouped(
            Draft(payload=sources.payload(each), name=name) for each in payloads
        )
        yield from sources.drafts(files, as_json=jsonl)

    output = session.output()
    count = Progress("inserted", wanted=progress, long=bool(files), clock=session.clock)
    with session.client() as client, count:
        to, batch = client.queue(queue), client.batch()

        def store(draft: Draft) -> Planned[Task]:
            return batch.insert(
                to,
                draft.payload,
                name=draft.name,
                tag=tag if draft.tag is None else draft.tag,
                eta=due if draft.eta is None else draft.eta,
                dedupe=dedupe,
            )

        def stored(_: Draft, task: Task) -> None:
            count.step()
            output.record(records.of_new_task(task), printable(task.name))

        for_groups(
            drafts(), batch, store, stored, as_json=session.json, place=lambda draft: draft.place
        )
