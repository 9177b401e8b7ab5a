"""Calls collected first and sent together: what ``client.batch()`` gives."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack, overload

from tqsdk import operations
from tqsdk.calls import Call
from tqsdk.client_base import ClientBase
from tqsdk.exchange import Exchange, Script
from tqsdk.lanes import Lanes, Planned, together
from tqsdk.lease import Leases
from tqsdk.leased import LeasedTask
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.operations import Address
from tqsdk.options import CallOptions
from tqsdk.queue import Queue

if TYPE_CHECKING:
    from tqsdk.client import Client

T = TypeVar("T")

_log = logging.getLogger("tqsdk")


class Addressed(Protocol):
    """A queue of a client of any kind."""

    @property
    def address(self) -> Address:
        """What ``operations`` need to know of it."""
        ...


class BatchBase:
    """Calls that are to be sent together, by whatever client."""

    def __init__(self, client: ClientBase[Any], **options: Unpack[CallOptions]) -> None:
        self._origin = client
        self._options = options
        self._planned: list[Planned[Any]] = []

    def insert(
        self,
        queue: Addressed,
        payload: bytes | str,
        *,
        name: str | None = None,
        tag: str | None = None,
        eta: datetime | timedelta | None = None,
        dedupe: bool = True,
    ) -> Planned[Task]:
        """Plan ``queue.insert(...)``."""
        return self._plan(
            lambda: operations.insert(
                self._exchange(), queue.address, payload, name=name, tag=tag, eta=eta, dedupe=dedupe
            )
        )

    def get(self, queue: Addressed, name: str) -> Planned[Task]:
        """Plan ``queue.get(name)``."""
        return self._plan(lambda: operations.get(self._exchange(), queue.address, name))

    def list(self, queue: Addressed) -> Planned[builtins.list[TaskSummary]]:
        """Plan ``queue.list()``."""
        return self._plan(lambda: operations.list_(self._exchange(), queue.address))

    def stats(self, queue: Addressed) -> Planned[QueueStats]:
        """Plan ``queue.stats()``."""
        return self._plan(lambda: operations.stats(self._exchange(), queue.address))

    def info(self, queue: Addressed) -> Planned[QueueInfo]:
        """Plan ``queue.info()``."""
        return self._plan(lambda: operations.info(self._exchange(), queue.address))

    @overload
    def delete(self, what: Addressed, name: str, *, missing_ok: bool = False) -> Planned[None]: ...
    @overload
    def delete(self, what: LeasedTask, *, missing_ok: bool = False) -> Planned[None]: ...
    def delete(
        self, what: Addressed | LeasedTask, name: str = "", *, missing_ok: bool = False
    ) -> Planned[None]:
        """Plan ``queue.delete(name)`` or ``lease.delete()``."""
        if isinstance(what, LeasedTask):
            return self._plan(lambda: what._deletion(missing_ok=missing_ok, **self._options))
        return self._plan(
            lambda: operations.delete(self._exchange(), what.address, name, missing_ok=missing_ok)
        )

    def renew(self, lease: LeasedTask, seconds: float | timedelta = 60) -> Planned[None]:
        """Plan ``lease.renew(seconds)``."""
        return self._plan(lambda: lease._renewal(seconds, **self._options))

    def release(self, lease: LeasedTask) -> Planned[None]:
        """Plan ``lease.release()``."""
        return self._plan(lambda: lease._return(**self._options))

    def perform(self, call: Call[T]) -> Planned[T]:
        """Plan ``client.perform(call)``."""
        return self._plan(lambda: self._exchange().perform(call, repeatable=not call.changes))

    def __len__(self) -> int:
        """How many are planned and not sent yet."""
        return len(self._planned)

    def _exchange(self) -> Exchange:
        return self._origin.exchange(**self._options)

    def _plan(self, start: Callable[[], Script[T]]) -> Planned[T]:
        planned = Planned(_when_it_is_time(start))
        self._planned.append(planned)
        return planned

    def _execution(self) -> Script[builtins.list[Planned[Any]]]:
        planned, self._planned = self._planned, []
        lanes = Lanes(self._origin.endpoint, self._origin.clock)
        for each in planned:
            lanes.start(each)
        yield from together(lanes)
        return planned


class Batch(BatchBase):
    """Calls that are sent together, up to 1000 in one request, when ``execute`` is called.

    As a context manager it executes on the way out, unless the block raised; what failed then is
    logged as a warning::

        with client.batch() as batch:
            ada = batch.insert(queue, "Hello, Ada!")
            old = batch.delete(queue, "old", missing_ok=True)
        print(ada.result().name)

    Each method plans one call, and returns what will have its result: with the type, and the
    errors, of the method of the same name of a queue or a lease. Each call is repeated as it would
    be alone, and fails alone. The server is free to do them in any order.

    A batch is for one thread.
    """

    def __init__(self, client: Client, **options: Unpack[CallOptions]) -> None:
        super().__init__(client, **options)
        self._client = client

    def lease(
        self,
        queue: Queue,
        *,
        max_tasks: int = 1,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
    ) -> Planned[Leases]:
        """Plan ``queue.lease(...)``."""
        return self._plan(
            lambda: queue._leasing(
                max_tasks=max_tasks,
                seconds=seconds,
                tag=tag,
                group_by_tag=group_by_tag,
                retry_ambiguous=retry_ambiguous,
                **self._options,
            )
        )

    def execute(self) -> list[Planned[Any]]:
        """Send all that was planned since the last time, and wait until all of it is done.

        What fails is not raised here, but by the ``result()`` of that call; ``error`` has it too.

        Returns:
            What was planned, in that order.
        """
        return self._client.run(self._execution())

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            warn_of_errors(self.execute())


def warn_of_errors(done: list[Planned[Any]]) -> None:
    """Say in the log what nobody may ask for."""
    errors = [each.error for each in done if each.error is not None]
    if errors:
        _log.warning("%d calls of a batch failed, the first: %s", len(errors), errors[0])


def _when_it_is_time(start: Callable[[], Script[T]]) -> Script[T]:
    """*start* it with the script: from then deadlines count, and tokens of leases are read then."""
    return (yield from start())
