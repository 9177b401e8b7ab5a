"""A queue of Cloud Tasks as a source: listed with payloads, and deleted when they are safe.

The queue should be paused, or the service goes on sending what is moved.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.cloud import tasks_v2

from tqsdk.migrate.cloudtasks import claims, tasks
from tqsdk.migrate.cloudtasks.service import told
from tqsdk.migrate.cloudtasks.target import Queue
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.model import Batch, MoveError, Record, few
from tqsdk.migrate.moving.options import Options

_MOST_PER_PAGE = 1_000


class CloudTasksSource:
    """Gives all tasks of a queue, and deletes them when they are safe at the target.

    Args:
        client: Google's.
        queue: Which.
        ledger: Knows whether the batch that a killed run had begun is safe.
        batch: How many are given at once, at most.

    Raises:
        MoveError: The queue sends tasks meanwhile.
    """

    def __init__(self, client: Any, queue: Queue, ledger: Ledger, *, batch: int) -> None:
        self._client = client
        self._queue = queue
        self._ledger = ledger
        self._batch = batch
        with told():
            state = client.get_queue(name=queue.name).state
        if state == tasks_v2.Queue.State.RUNNING:
            raise MoveError(f"{queue.name} is sending its tasks: pause it, and then drain it")

    def batches(self, after: str | None) -> Iterator[Batch]:
        records = listed(self._client, self._queue)
        while batch := list(few(records, self._batch)):
            yield Batch(batch, json.dumps([each.name for each in batch]))

    def again(self, place: str) -> Batch:
        """No record: if they are safe they are only to be deleted, or else are listed once more."""
        begun = self._ledger.begun()
        is_safe = begun is not None and begun.is_put
        return Batch((), place if is_safe else "[]")

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        for name in json.loads(batch.place):
            if name not in refused:
                self._delete(f"{self._queue.name}/tasks/{name}")

    def finish(self) -> str | None:
        """All could be seen."""
        return None

    def total(self) -> int | None:
        return None

    def preview(self) -> Iterator[Record] | None:
        return listed(self._client, self._queue)

    def close(self) -> None:
        self._client.transport.close()

    def _delete(self, name: str) -> None:
        try:
            self._client.delete_task(name=name)
        except NotFound:
            return
        except GoogleAPICallError as error:
            raise MoveError(f"Cloud Tasks: {error.message}") from error


@contextmanager
def reading(client: Any, queue: Queue) -> Generator[Iterator[Record]]:
    """All there is."""
    try:
        yield listed(client, queue)
    finally:
        client.transport.close()


def queue_of(address: str) -> Queue:
    """The queue of ``cloudtasks:projects/PROJECT/locations/REGION/queues/ID``."""
    bare, _ = Options.of(address, ())
    return Queue.of(bare.removeprefix("cloudtasks:"))


def listed(client: Any, queue: Queue) -> Iterator[Record]:
    """The tasks of a queue, a page at a time."""
    asked = tasks_v2.ListTasksRequest(
        parent=queue.name,
        response_view=tasks_v2.Task.View.FULL,  # with bodies
        page_size=_MOST_PER_PAGE,
    )
    with told():
        for task in client.list_tasks(request=asked):
            claim = tasks.claim(task)
            payload = task.http_request.body if claim is None else claims.read(claim)
            yield tasks.record(task, project=queue.project, queue=queue.id, payload=payload)
