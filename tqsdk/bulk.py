"""Any number of tasks in few requests: what is read, how it is cut, and what came of it.

The rule: memory stays flat. Items are taken in chunks of one request each, and of what failed the
first hundred are kept. Nothing here reads or sends: a chunk is a script, and whoever runs several
of them at once reads on when there is room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from tqsdk import multipart, operations
from tqsdk.client_base import ClientBase
from tqsdk.errors import (
    ApiError,
    ArgumentError,
    BulkInterruptedError,
    InvalidArgumentError,
    PayloadTooLargeError,
    TaskExistsError,
    TaskNotFoundError,
)
from tqsdk.exchange import Exchange, Script
from tqsdk.lanes import Lanes, Planned, together
from tqsdk.models import Task
from tqsdk.operations import Address

Item = TypeVar("Item")

_CHUNK_BYTES = 4 << 20  # of payloads, about: a request, its answer and their parts take tenfold
_FAILURES_KEPT = 100

# What says something about one task. All else will happen to the next one too.
_ABOUT_THE_TASK = (
    ArgumentError,
    InvalidArgumentError,
    PayloadTooLargeError,
    TaskExistsError,
    TaskNotFoundError,
)


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be inserted; for all of it see ``Queue.insert``."""

    payload: bytes | str = field(repr=False)
    _: KW_ONLY
    name: str | None = None
    tag: str | None = None
    eta: datetime | timedelta | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One that failed.

    Attributes:
        index: Its place among those given, from 0.
        name: The task's name, generated or not; None if it got none.
        error: Why.
    """

    index: int
    name: str | None
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertReport:
    """What became of the tasks given to ``insert_many``, so far or at the end.

    Attributes:
        stored: Those that are in the queue now, through this call.
        duplicates: Those whose name was taken already.
        failed: Those that are not stored, or of which that is not known.
        failures: The first 100 of them.
    """

    stored: int = 0
    duplicates: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()

    @classmethod
    def of(cls, tally: Tally) -> InsertReport:
        return cls(
            stored=tally.done,
            duplicates=tally.harmless,
            failed=tally.failed,
            failures=tuple(tally.failures),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReport:
    """What became of the names given to ``delete_many``, so far or at the end.

    Attributes:
        deleted: Tasks that this call deleted.
        missing: Names of which there was no task.
        failed: Those of which it is not known that they are gone.
        failures: The first 100 of them.
    """

    deleted: int = 0
    missing: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()

    @classmethod
    def of(cls, tally: Tally) -> DeleteReport:
        return cls(
            deleted=tally.done,
            missing=tally.harmless,
            failed=tally.failed,
            failures=tuple(tally.failures),
        )


Report = TypeVar("Report", InsertReport, DeleteReport)


@dataclass(slots=True)
class Tally:
    """What is counted of any operation.

    Attributes:
        done: Those that were done.
        harmless: Those refused for a reason that is no failure.
        failed: The others.
        failures: The first 100 of these.
    """

    done: int = 0
    harmless: int = 0
    failed: int = 0
    failures: list[Failure] = field(default_factory=list[Failure])

    def add(self, index: int, error: Exception | None, harmless: type[Exception]) -> bool:
        """Count one; whether it failed."""
        if error is None:
            self.done += 1
            return False
        if isinstance(error, harmless):
            self.harmless += 1
            return False
        self.failed += 1
        if len(self.failures) < _FAILURES_KEPT:
            name = getattr(error, "task", None)
            self.failures.append(Failure(index, name, _without_tracebacks(error)))
        return True


@dataclass(frozen=True, slots=True)
class Chunk(Generic[Item]):
    """What goes into one request.

    Attributes:
        items: Each with its place among all, and what came of it.
        script: Does them all.
    """

    items: list[tuple[int, Item, Planned[Any]]]
    script: Script[None]


class Bulk(Generic[Item, Report]):
    """One operation on many items: cuts them into chunks, and counts what came of these.

    Args:
        client: Its options hold for each item.
        start: Makes the script for one.
        weigh: How many bytes one takes, about.
        harmless: The refusal that is no failure.
        report: Makes the report of what is counted.
        progress: Told the report after each chunk.
        on_failure: Told each item that failed, and why.
    """

    def __init__(
        self,
        client: ClientBase[Any],
        start: Callable[[Exchange, Item], Script[Any]],
        *,
        weigh: Callable[[Item], int],
        harmless: type[ApiError],
        report: Callable[[Tally], Report],
        progress: Callable[[Report], None] | None,
        on_failure: Callable[[Item, Exception], None] | None,
    ) -> None:
        self._client = client
        self._start = start
        self._weigh = weigh
        self._harmless = harmless
        self._report: Callable[[Tally], Report] = report
        self._progress: Callable[[Report], None] | None = progress
        self._on_failure = on_failure
        self._tally = Tally()
        self._taken = 0
        self._begin_chunk()

    def take(self, item: Item) -> Chunk[Item] | None:
        """Take one item in; if that completes a chunk, here it is."""
        # Started here, in order: generated names ascend in the order of the items.
        planned = self._lanes.add(self._start(self._client.exchange(), item))
        self._items.append((self._taken, item, planned))
        self._taken += 1
        self._bytes += self._weigh(item)
        is_full = len(self._items) == multipart.MOST_PARTS or self._bytes >= _CHUNK_BYTES
        return self.rest() if is_full else None

    def rest(self) -> Chunk[Item] | None:
        """What was taken in and is in no chunk yet."""
        if not self._items:
            return None
        chunk = Chunk(self._items, together(self._lanes))
        self._begin_chunk()
        return chunk

    def count(self, chunk: Chunk[Item]) -> Exception | None:
        """Count what came of *chunk*, and tell those who want to know.

        Returns:
            Why to stop, if there is no hope for what follows: no item of the chunk was done, and
            none failed for a reason of its own.
        """
        for index, item, planned in chunk.items:
            failed = self._tally.add(index, planned.error, self._harmless)
            if failed and planned.error is not None and self._on_failure is not None:
                self._on_failure(item, planned.error)
        if self._progress is not None:
            self._progress(self.so_far())
        errors = [planned.error for _, _, planned in chunk.items]
        if any(error is None or isinstance(error, _ABOUT_THE_TASK) for error in errors):
            return None
        return errors[0]

    def so_far(self) -> Report:
        """The report of what is counted."""
        return self._report(self._tally)

    def interrupted(self, error: Exception) -> BulkInterruptedError:
        """What to raise when *error* ended it."""
        return BulkInterruptedError(
            f"stopped before the end by {type(error).__name__}: {error}", report=self.so_far()
        )

    def _begin_chunk(self) -> None:
        self._lanes = Lanes(self._client.endpoint, self._client.clock)
        self._items: list[tuple[int, Item, Planned[Any]]] = []
        self._bytes = 0


def insertion(
    client: ClientBase[Any],
    address: Address,
    *,
    dedupe: bool,
    progress: Callable[[InsertReport], None] | None,
    on_failure: Callable[[NewTask, Exception], None] | None,
) -> Bulk[bytes | str | NewTask, InsertReport]:
    """Insert into one queue."""

    def start(exchange: Exchange, item: bytes | str | NewTask) -> Script[Task]:
        task = _task(item)
        return operations.insert(
            exchange,
            address,
            task.payload,
            name=task.name,
            tag=task.tag,
            eta=task.eta,
            dedupe=dedupe,
        )

    def failed(item: bytes | str | NewTask, error: Exception) -> None:
        if on_failure is not None:
            # Under the name by which it may be stored, so that it is safe to insert it again.
            task = _task(item)
            on_failure(replace(task, name=task.name or getattr(error, "task", None)), error)

    return Bulk(
        client,
        start,
        weigh=_weight,
        harmless=TaskExistsError,
        report=InsertReport.of,
        progress=progress,
        on_failure=failed,
    )


def deletion(
    client: ClientBase[Any],
    address: Address,
    *,
    progress: Callable[[DeleteReport], None] | None,
    on_failure: Callable[[str, Exception], None] | None,
) -> Bulk[str, DeleteReport]:
    """Delete from one queue."""
    return Bulk(
        client,
        lambda exchange, name: operations.delete(exchange, address, name, missing_ok=False),
        weigh=len,
        harmless=TaskNotFoundError,
        report=DeleteReport.of,
        progress=progress,
        on_failure=on_failure,
    )


def check(argument: str, items: object, concurrency: int) -> None:
    """Refuse what cannot be meant.

    Raises:
        ArgumentError: *items* is one text or one payload, which would be taken apart; or nothing
            may be on its way.
    """
    if isinstance(items, str | bytes | bytearray | memoryview):
        raise ArgumentError(argument, "must be several: put the one into a list")
    if concurrency < 1:
        raise ArgumentError("concurrency", "must be at least 1")


def _task(item: bytes | str | NewTask) -> NewTask:
    return item if isinstance(item, NewTask) else NewTask(item)


def _weight(item: bytes | str | NewTask) -> int:
    payload = _task(item).payload
    return len(payload) if isinstance(payload, str | bytes | bytearray | memoryview) else 0


def _without_tracebacks(error: Exception) -> Exception:
    """*error*, which else would keep the payload, in the frames that it passed through."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
