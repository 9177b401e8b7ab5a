"""The exact export of a server of ours, over its control API: every task, in whatever state.

It is a stream of JSON Lines, as of one instant, ordered by project, queue and name, and changes
nothing. Other servers have none; of their queues no more than 100 tasks can be seen without a
lease.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO, TypeAlias, cast
from urllib.parse import urlsplit

import requests

from discovery.jsonl import JsonlError, TaskLine, read
from tqsdk.errors import ApiError, QueueNotFoundError, TaskNotFoundError
from tqsdk.migrate.moving.model import Batch, MoveError, Record, few
from tqsdk.migrate.moving.server import Place

_PATH = "/_emulator/v1/export"
_TIMEOUT = (5.0, 60.0)  # seconds to connect, and between two pieces
_CHUNK_BYTES = 1 << 16
_MOST_LISTED = 100

Key: TypeAlias = tuple[str, str, str]


class NoExportError(MoveError):
    """The server has no control API, or lets nobody in."""


class ExactSource:
    """The tasks of a server, or of one queue of it.

    Args:
        place: Which.
        token: For the control API.
        batch: Tasks in one batch, unless they are large.
    """

    def __init__(self, place: Place, *, token: str | None, batch: int) -> None:
        self._place = place
        self._token = token
        self._batch = batch

    def batches(self, after: str | None) -> Iterator[Batch]:
        """See ``Source``: places are the keys of a first and a last task."""
        done = ("", "", "") if after is None else _keys(after)[1]
        with exported(self._place, self._token) as exports:
            records = (each for each in exports if _key(each) > done)
            while batch := list(few(records, self._batch)):
                yield _batch_of(batch)

    def again(self, place: str) -> Batch:
        """What is there of it now."""
        first, last = _keys(place)
        with exported(self._place, self._token) as records:
            return Batch([each for each in records if first <= _key(each) <= last], place)

    def done(self, batch: Batch, refused: Collection[str]) -> None:
        """The server keeps them all."""

    def finish(self) -> str | None:
        return None

    def total(self) -> int | None:
        if self._place.queue is None:
            return None
        try:
            return self._place.one().stats().total_tasks
        except ApiError:  # the token is good for the control API alone
            return None

    def preview(self) -> Iterator[Record]:
        with exported(self._place, self._token) as records:
            yield from records

    def close(self) -> None:
        self._place.client.close()


@contextmanager
def looked_at(place: Place, token: str | None) -> Generator[Iterator[Record]]:
    """The tasks of a queue, changing nothing: by the exact export, or if they are few without it.

    Raises:
        MoveError: There are more than the API shows.
    """
    with closing(place.client):
        try:
            with exported(place, token) as records:
                yield records
        except NoExportError as error:
            yield iter(_listed(place, error))


@contextmanager
def exported(place: Place, token: str | None) -> Generator[Iterator[Record]]:
    """The tasks of the exact export that are of *place*.

    Raises:
        NoExportError: The server has none for us.
        MoveError: Also from the iterator: it ends early.
        QueueNotFoundError: From the iterator: nothing is there, not even the queue.
    """
    with _stream(place.client.endpoint, token) as file:
        try:
            _, lines = read(file)
            yield _of(place, lines)
        except JsonlError as error:
            raise MoveError(f"the export of {place.client.endpoint}: {error}") from error


def _of(place: Place, lines: Iterable[object]) -> Iterator[Record]:
    project = place.client.project.rpartition("~")[2]
    is_empty = True
    for line in lines:
        if (
            isinstance(line, TaskLine)
            and line.project == project
            and place.queue in (None, line.queue)
        ):
            is_empty = False
            yield line
    if is_empty and place.queue is not None:
        _check_known(place)


def _check_known(place: Place) -> None:
    """Refuse a queue that the server does not know, or a slip in a name would move nothing."""
    try:
        place.one().stats()
    except QueueNotFoundError:
        raise
    except ApiError:  # the token is good for the control API alone
        return


@contextmanager
def _stream(endpoint: str, token: str | None) -> Generator[BinaryIO]:
    headers = {"Accept-Encoding": "identity"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    host = urlsplit(endpoint).netloc
    try:
        response = requests.get(
            endpoint + _PATH, headers=headers, stream=True, timeout=_TIMEOUT, allow_redirects=False
        )
        with closing(response):
            if response.status_code != 200:
                raise NoExportError(
                    f"{host} answers {response.status_code} to an exact export, which only"
                    " `tq-emulator serve --control` has"
                )
            yield cast(BinaryIO, io.BufferedReader(_Body(response), _CHUNK_BYTES))
    except requests.RequestException as error:
        raise MoveError(f"{host}: {error}") from error


class _Body(io.RawIOBase):
    """The body of an answer, as a file."""

    def __init__(self, response: requests.Response) -> None:
        self._chunks = response.iter_content(_CHUNK_BYTES)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # both are
        data = self._rest or next(self._chunks, b"")
        taken = data[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = data[len(taken) :]
        return len(taken)


def _listed(place: Place, error: NoExportError) -> list[Record]:
    queue = place.one()
    total = queue.stats().total_tasks
    summaries = queue.list()
    if total > _MOST_LISTED or total != len(summaries):
        raise MoveError(
            f"{error}; without it no more than {_MOST_LISTED} tasks of a queue can be seen, and"
            f" {queue.name} has {total:,}"
        ) from error
    batch = place.client.batch()
    planned = [batch.get(queue, summary.name) for summary in summaries]
    batch.execute()
    tasks = [each.result() for each in planned if not isinstance(each.error, TaskNotFoundError)]
    return [
        Record(
            project=task.project.rpartition("~")[2],
            queue=task.queue,
            name=task.name,
            payload=task.payload,
            tag=task.tag or "",
            eta=task.lease_token or None,
            eta_given=bool(task.lease_token) and not task.retry_count,
            retry_count=task.retry_count,
        )
        for task in tasks
    ]


def _batch_of(records: list[Record]) -> Batch:
    return Batch(records, json.dumps([_key(records[0]), _key(records[-1])]))


def _key(record: Record) -> Key:
    return record.project, record.queue, record.name or ""


def _keys(place: str) -> tuple[Key, Key]:
    first, last = json.loads(place)
    return tuple(first), tuple(last)
