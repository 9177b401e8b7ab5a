"""``tq drain``: empty a queue into a file or a pipe, and lose nothing on the way.

The rule: a task is deleted only after it is written and flushed, to the disk if it goes to a file.
That is done for up to 100 tasks at once. If it fails, the server still has every task that is not
in the output, and at worst those hundred that are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from tqsdk.batch import Batch
from tqsdk.cli import records, sink, sources
from tqsdk.cli.output import shown
from tqsdk.cli.progress import Progress, progress_option
from tqsdk.cli.session import Session, shared_options
from tqsdk.lease import Lease, Leases
from tqsdk.models import Task
from tqsdk.queue import Queue

_SECOND_LOOK = 1.0  # seconds


@click.command()
@click.argument("queue")
@click.option(
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append to this file, and flush it to the disk before a task is deleted.",
)
@click.option("--tag", help="Only tasks with this tag.")
@click.option(
    "--batch", type=click.IntRange(1), default=100, show_default=True, help="Tasks in one lease."
)
@click.option(
    "--seconds",
    type=click.IntRange(1),
    default=60,
    show_default=True,
    help="How long each batch is leased.",
)
@progress_option
@shared_options
@click.pass_obj
def drain(
    session: Session,
    queue: str,
    path: Path | None,
    tag: str | None,
    batch: int,
    seconds: int,
    progress: bool | None,
) -> None:
    """Lease the tasks of QUEUE until none is left, print each, and then delete it.

    A line is the payload of a task, or with --json the whole task, as `tq tasks insert --jsonl`
    reads it. Tasks that others have leased, or that are not due yet, stay.
    """
    line = _json if session.json else _shown if path is None and sys.stdout.isatty() else _payload
    count = Progress("drained", wanted=progress, clock=session.clock)
    with session.client() as client, sink.opened(path) as output, count:
        of = client.queue(queue)

        def lease() -> Leases:
            return of.lease(max_tasks=batch, seconds=seconds, tag=tag)

        for leases in _until_empty(of, lease, session):
            with leases:
                for written in sources.grouped(_still_held(leases, line)):
                    output.write(b"".join(text for _, text in written))
                    _delete([each for each, _ in written], client.batch(), count)


def _still_held(leases: Leases, line: Callable[[Task], bytes]) -> Iterator[tuple[Lease, bytes]]:
    for each in leases:
        if not each.seconds_left:
            return  # the reader is slow: these are for everybody again, us included
        yield each, line(each.task)


def _delete(leases: Iterable[Lease], batch: Batch, count: Progress) -> None:
    deletions = [batch.delete(each, missing_ok=True) for each in leases]
    batch.execute()
    for _ in filter(lambda each: each.error is None, deletions):
        count.step()
    for each in deletions:
        each.result()  # or its error


def _until_empty(queue: Queue, lease: Callable[[], Leases], session: Session) -> Iterator[Leases]:
    while True:
        leases = lease()
        if not leases:
            rest = queue.stats().total_tasks
            if not rest:
                return
            # A server that is asked too often answers as if there were nothing: production did so
            # after ten leases in one second.
            session.clock.sleep(_SECOND_LOOK)
            leases = lease()
            if not leases:
                session.note(f"{rest:,} left: leased by others, not due yet, or of another tag")
                return
        yield leases


def _json(task: Task) -> bytes:
    return json.dumps(records.of_task(task)).encode() + b"\n"


def _payload(task: Task) -> bytes:
    if b"\n" in task.payload or b"\r" in task.payload:
        raise click.ClickException(
            f"the payload of task {task.name!r} is more than a line: drain with --json"
        )
    return task.payload + b"\n"


def _shown(task: Task) -> bytes:
    return shown(task.payload).encode() + b"\n"
