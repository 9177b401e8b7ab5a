"""``tq tasks lease``, and ``renew`` and ``release`` of a lease that another run has taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, TypeVar

import click

from tqsdk import limits, operations
from tqsdk.cli import records, sources
from tqsdk.cli.failures import for_each
from tqsdk.cli.progress import Progress, progress_option
from tqsdk.cli.records import Reference
from tqsdk.cli.session import Session, shared_options
from tqsdk.cli.tables import LEASED, RENEWED, row
from tqsdk.client import Client
from tqsdk.models import Task
from tqsdk.operations import Address, Held

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # of no use to a lease, and not in its record

_F = TypeVar("_F", bound=Callable[..., Any])


@click.command()
@click.argument("queue")
@click.option("--max-tasks", type=int, default=1, show_default=True, help="1 to 1000.")
@click.option("--seconds", type=int, default=60, show_default=True, help="How long: 0 to 604800.")
@click.option("--tag", help="Only tasks with this tag.")
@click.option("--group-by-tag", is_flag=True, help="Only tasks that have the tag of the oldest.")
@click.option(
    "--retry-ambiguous",
    is_flag=True,
    help="Repeat a lease whose answer was lost; what it leased stays hidden meanwhile.",
)
@shared_options
@click.pass_obj
def lease(session: Session, /, queue: str, **options: Any) -> None:
    """Lease the oldest tasks of QUEUE: until the lease ends nobody else gets them.

    With --json it prints what `tq tasks renew -`, `release -` and `delete -` read. If the output
    fails the tasks are released.
    """
    with session.client() as client, ExitStack() as until_printed:
        leases = client.queue(queue).lease(**options)
        until_printed.enter_context(leases)
        session.output().table([records.of_task(each.task) for each in leases], LEASED)
        until_printed.pop_all()


def _of_a_lease(command: _F) -> _F:
    """The arguments and options of a command that changes leases."""
    for decorate in (
        shared_options,
        progress_option,
        click.option("--retry-count", type=int, help="Likewise."),
        click.option("--lease-token", type=int, help="What the lease of the one NAME printed."),
        click.argument("tasks", metavar="[QUEUE] {NAME|-}", nargs=-1),
    ):
        command = decorate(command)
    return command


@click.command()
@click.option("--seconds", type=int, default=60, show_default=True, help="From now: 0 to 604800.")
@_of_a_lease
@click.pass_obj
def renew(session: Session, /, seconds: int, **chosen: Any) -> None:
    """Let leases end some seconds from now, and print their new tokens.

    With - the tasks are read from standard input, as `tq tasks lease --json` prints them.
    """
    output = session.output()

    def prolong(client: Client, address: Address, reference: Reference) -> None:
        script = operations.renew(client.exchange(), address, _held(client, reference), seconds)
        renewed = client.run(script).task
        record = records.of_reference(
            reference,
            lease_token=renewed.lease_token,
            lease_expires_at=records.spelled(renewed.lease_expires_at),
            retry_count=renewed.retry_count,
        )
        output.record(record, row(record, RENEWED))

    _for_each_lease(session, prolong, "renewed", **chosen)


@click.command()
@_of_a_lease
@click.pass_obj
def release(session: Session, /, **chosen: Any) -> None:
    """Give tasks back, so that they can be leased at once, and print their names.

    With - the tasks are read from standard input, as `tq tasks lease --json` prints them.
    """
    output = session.output()

    def give_back(client: Client, address: Address, reference: Reference) -> None:
        client.run(operations.release(client.exchange(), address, _held(client, reference)))
        output.record(records.of_reference(reference), reference.name)

    _for_each_lease(session, give_back, "released", **chosen)


def _for_each_lease(
    session: Session,
    change: Callable[[Client, Address, Reference], None],
    what: str,
    *,
    tasks: tuple[str, ...],
    lease_token: int | None,
    retry_count: int | None,
    progress: bool | None,
) -> None:
    """Do *change* for the lease that the options prove, or those that standard input does."""
    reads = sources.reads_input(tasks)
    proven = len(tasks) == 2 and lease_token is not None and retry_count is not None
    if not (proven or reads):
        raise click.UsageError(
            "give QUEUE and one NAME with the --lease-token and --retry-count of its lease,"
            " or - to read what `tq tasks lease --json` prints"
        )
    if reads and (lease_token, retry_count) != (None, None):
        raise click.UsageError("what is read from - has its own lease tokens")
    leases: Iterable[Reference] = chain.from_iterable(sources.references(tasks))
    if proven:
        leases = (
            replace(each, lease_token=lease_token, retry_count=retry_count) for each in leases
        )
    count = Progress(what, wanted=progress, long=reads, clock=session.clock)
    with session.client() as client, count:

        def change_one(reference: Reference) -> None:
            reference.check_project(client.project)
            address = Address(client.project, limits.queue_name(reference.queue), client.limits)
            change(client, address, reference)
            count.step()

        for_each(leases, change_one, as_json=session.json)


def _held(client: Client, reference: Reference) -> Held:
    """The lease that another run of the command has taken.

    When it ends can be told only from its token and the wall clock, for that run's monotonic clock
    is gone. It matters only if the answer to a renewal is lost.
    """
    if reference.lease_token is None or reference.retry_count is None:
        raise click.UsageError(f"{reference.name} comes without lease_token and retry_count")
    left = records.end_of_lease(reference.lease_token) - client.clock.now()
    task = Task(
        name=reference.name,
        queue=reference.queue,
        project=client.project,
        lease_token=reference.lease_token,
        retry_count=reference.retry_count,
        enqueued_at=_UNKNOWN,
    )
    return Held(task, client.clock.monotonic() + left.total_seconds())
