"""``tq tasks``: the group, and what needs no lease."""

from __future__ import annotations

import click

from tqsdk.cli import records, sources
from tqsdk.cli.failures import for_each, for_groups
from tqsdk.cli.insert import insert
from tqsdk.cli.leases import lease, release, renew
from tqsdk.cli.progress import Progress, progress_option
from tqsdk.cli.records import Reference
from tqsdk.cli.session import Session, shared_options
from tqsdk.cli.tables import LEASED, LISTED
from tqsdk.lanes import Planned
from tqsdk.models import Task

_MOST_LISTED = 100


@click.group()
def tasks() -> None:
    """Work with the tasks of a queue."""


@tasks.command()
@click.argument("queue")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--raw", is_flag=True, help="Print the bytes of the payloads, and nothing else.")
@shared_options
@click.pass_obj
def get(session: Session, queue: str, names: tuple[str, ...], raw: bool) -> None:
    """Print the tasks of QUEUE called NAME, without leasing them."""
    if raw and session.json:
        raise click.UsageError("give --raw or --json, not both")
    output = session.output()
    found: list[Task] = []
    with session.client() as client:
        of = client.queue(queue)
        try:
            for_each(names, lambda name: found.append(of.get(name)), as_json=session.json)
        finally:
            if raw:
                output.raw(b"".join(task.payload for task in found))
            else:
                output.table([records.of_task(task) for task in found], LEASED)


@tasks.command("list")
@click.argument("queue")
@shared_options
@click.pass_obj
def list_(session: Session, queue: str) -> None:
    """Print the first tasks of QUEUE, leased or not, without their payloads.

    The API shows at most 100, and has no further pages.
    """
    with session.client() as client:
        listed = client.queue(queue).list()
    session.output().table([records.of_task(task) for task in listed], LISTED)
    if len(listed) >= _MOST_LISTED:
        session.note(f"there may be more: the API lists at most {_MOST_LISTED}")


@tasks.command()
@click.argument("tasks", metavar="[QUEUE] {NAME...|-}", nargs=-1)
@click.option("--missing-ok", is_flag=True, help="A task that is not there is no failure.")
@progress_option
@shared_options
@click.pass_obj
def delete(
    session: Session, tasks: tuple[str, ...], missing_ok: bool, progress: bool | None
) -> None:
    """Delete tasks, leased or not, and print their names.

    With - the tasks are read from standard input: the JSON that other commands print, or after
    QUEUE names alone.
    """
    output = session.output()
    many = sources.reads_input(tasks)
    count = Progress("deleted", wanted=progress, long=many, clock=session.clock)
    with session.client() as client, count:
        batch = client.batch()

        def remove(reference: Reference) -> Planned[None]:
            reference.check_project(client.project)
            of = client.queue(reference.queue)
            return batch.delete(of, reference.name, missing_ok=missing_ok)

        def removed(reference: Reference, _: None) -> None:
            count.step()
            output.record(records.of_reference(reference), reference.name)

        for_groups(sources.references(tasks), batch, remove, removed, as_json=session.json)


for _command in (insert, lease, renew, release):
    tasks.add_command(_command)
