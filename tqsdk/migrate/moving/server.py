"""A server of the API as a target: tasks are inserted under the names that they had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from tqsdk.batch import Batch
from tqsdk.client import Client
from tqsdk.errors import (
    ArgumentError,
    InvalidArgumentError,
    PayloadTooLargeError,
    TaskExistsError,
    TaskNotFoundError,
    TaskTombstonedError,
)
from tqsdk.lanes import Planned
from tqsdk.limits import Limits
from tqsdk.migrate.moving.model import STORED, THERE, MoveError, Outcome, Record, refused
from tqsdk.models import Task
from tqsdk.queue import Queue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ABOUT_THE_TASK = (ArgumentError, InvalidArgumentError, PayloadTooLargeError)

_TAKEN = "its name is taken by another task"
_USED = "its name was that of a task which is deleted, and is blocked for days"


@dataclass(frozen=True, slots=True)
class Place:
    """A queue of a server.

    Attributes:
        queue: None for the queue of each record.
    """

    client: Client
    queue: str | None

    def of(self, record: Record) -> Queue:
        return self.client.queue(self.queue or record.queue)

    def one(self) -> Queue:
        """The queue.

        Raises:
            MoveError: The address names none.
        """
        if self.queue is None:
            raise MoveError("say which queue: add its name to the address")
        return self.client.queue(self.queue)


def place(address: str, client: Callable[[], Client], token: str | None) -> Place:
    """What ``tq:QUEUE`` or ``tq+http://HOST:PORT/PROJECT/QUEUE`` names.

    Args:
        address: As above; without QUEUE each record keeps the one it was of.
        client: Makes the client of ``tq:``.
        token: For a server that the address names.

    Raises:
        MoveError: It names nothing.
        ConfigError: Likewise.
    """
    if address.startswith("tq:"):
        return Place(client(), address.removeprefix("tq:") or None)
    parts = urlsplit(address.removeprefix("tq+"))
    names = [name for name in parts.path.split("/") if name]
    if not parts.netloc or parts.query or parts.fragment or not 1 <= len(names) <= 2:
        raise MoveError(
            f"{address!r} is no address such as tq+http://localhost:8088/PROJECT/QUEUE, or the same"
            " without QUEUE"
        )
    endpoint = f"{parts.scheme}://{parts.netloc}"
    # Sizes are for the server to judge: it may be one with other limits.
    own = Client(names[0], endpoint=endpoint, token=token, limits=Limits.none())
    return Place(own, names[1] if len(names) == 2 else None)


class ServerTarget:
    """Inserts each record, with its tag, and its ETA if that was chosen or is still to come."""

    knows_names = True

    def __init__(self, place: Place) -> None:
        self._place = place

    def refusal(self, record: Record) -> str | None:
        limits = self._place.client.limits
        try:
            ahead = _instant(record.eta or 0) - self._now()
        except OverflowError:
            return "its ETA is beyond the year 9999"
        if limits.eta_ahead is not None and ahead > limits.eta_ahead:
            return f"its ETA is more than {limits.eta_ahead.days} days ahead"
        if limits.payload_bytes is not None and len(record.payload) > limits.payload_bytes:
            return f"its payload is larger than {limits.payload_bytes:,} bytes"
        return None

    def resume(self, mark: str | None) -> None:
        """Names tell what is there already."""

    def put(self, records: Sequence[Record], *, again: bool) -> list[Outcome]:
        batch = self._place.client.batch()
        now = self._now()
        reasons = [self.refusal(record) for record in records]
        planned = [
            None if reason else self._insertion(batch, record, now)
            for record, reason in zip(records, reasons, strict=True)
        ]
        batch.execute()
        taken = [
            record
            for record, each in zip(records, planned, strict=True)
            if each is not None and _is_taken(each.error)
        ]
        same = self._same(taken)
        return [
            refused(reason or "")
            if each is None
            else _outcome(each.error, is_same=record.name in same, again=again)
            for record, reason, each in zip(records, reasons, planned, strict=True)
        ]

    def mark(self) -> None:
        return None

    def finish(self) -> None:
        """What is inserted is safe."""

    def close(self) -> None:
        self._place.client.close()

    def _insertion(self, batch: Batch, record: Record, now: datetime) -> Planned[Task]:
        # Unless somebody chose it, an ETA in the past says only when the task was inserted.
        eta = None if record.eta is None else _instant(record.eta)
        if eta is not None and not record.eta_given and eta <= now:
            eta = None
        return batch.insert(
            self._place.of(record),
            record.payload,
            name=record.name,
            tag=record.tag or None,
            eta=eta,
        )

    def _same(self, records: Sequence[Record]) -> set[str | None]:
        """The names of those of *records* that are stored already, as they are."""
        batch = self._place.client.batch()
        looks = [batch.get(self._place.of(record), record.name or "") for record in records]
        batch.execute()
        return {
            record.name
            for record, look in zip(records, looks, strict=True)
            if (task := _found(look)) is not None
            and (task.payload, task.tag or "") == (record.payload, record.tag)
        }

    def _now(self) -> datetime:
        now: datetime = self._place.client.clock.now()
        return now


def _found(look: Planned[Task]) -> Task | None:
    try:
        return look.result()
    except TaskNotFoundError:  # leased and deleted since
        return None


def _is_taken(error: Exception | None) -> bool:
    return isinstance(error, TaskExistsError) and not isinstance(error, TaskTombstonedError)


def _outcome(error: Exception | None, *, is_same: bool, again: bool) -> Outcome:
    if error is None:
        return STORED
    if isinstance(error, TaskTombstonedError):
        # If it may have been put before the kill, somebody has done and deleted it since.
        return THERE if again else refused(_USED)
    if isinstance(error, TaskExistsError):
        return THERE if is_same else refused(_TAKEN)
    if isinstance(error, _ABOUT_THE_TASK):
        return refused(str(error))
    raise error


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
