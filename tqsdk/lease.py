"""Leased tasks: one, and all that one call gave."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack, overload

from tqsdk import operations
from tqsdk.errors import LeaseLostError, TaskNotFoundError, TaskQueueError
from tqsdk.models import Task
from tqsdk.operations import Address, Held
from tqsdk.options import CallOptions

if TYPE_CHECKING:
    from tqsdk.client import Client

_log = logging.getLogger("tqsdk")


class Lease:
    """A task that is ours until the lease ends. Delete it when the work is done."""

    def __init__(self, client: Client, address: Address, held: Held) -> None:
        self._client = client
        self._address = address
        self._held = held
        self._settled = False

    @property
    def task(self) -> Task:
        """The task, with the lease's newest token."""
        return self._held.task

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def payload(self) -> bytes:
        return self.task.payload

    @property
    def tag(self) -> str | None:
        return self.task.tag

    @property
    def retry_count(self) -> int:
        """How often the task has been leased, this time included."""
        return self.task.retry_count

    def text(self, encoding: str = "utf-8") -> str:
        """The payload as text; see ``Task.text``."""
        return self.task.text(encoding)

    def json(self) -> Any:
        """The payload read as JSON; see ``Task.json``."""
        return self.task.json()

    @property
    def seconds_left(self) -> float:
        """How long the lease certainly still holds; 0 if it may have ended.

        Measured by the monotonic clock of this machine, from when the request was sent: the server
        began later. Wall clocks, which may differ between machines, play no part.
        """
        return max(0.0, self._held.until - self._client.clock.monotonic())

    @property
    def settled(self) -> bool:
        """Whether the lease is known to be over: deleted, released or lost."""
        return self._settled

    def renew(self, seconds: float | timedelta = 60, **options: Unpack[CallOptions]) -> None:
        """Let the lease end *seconds* from now, be that later or earlier than it would have.

        Args:
            seconds: Whole, 0 to 604800.
            options: As ``CallOptions``.

        Raises:
            LeaseLostError: It had ended.
        """
        exchange = self._client.exchange(**options)
        script = operations.renew(exchange, self._address, self._held, seconds)
        try:
            self._held = self._client.run(script)
        except LeaseLostError:
            self._settled = True
            raise

    def release(self, **options: Unpack[CallOptions]) -> None:
        """Give the task back, so that it can be leased at once; its retry count stays.

        Raises:
            LeaseLostError: The lease had ended.
        """
        exchange = self._client.exchange(**options)
        try:
            self._client.run(operations.release(exchange, self._address, self._held))
        except LeaseLostError:
            self._settled = True
            raise
        self._settled = True

    def delete(self, *, missing_ok: bool = False, **options: Unpack[CallOptions]) -> None:
        """Delete the task: the work is done.

        The server does this whether or not the lease still holds.

        Raises:
            TaskNotFoundError: It had been deleted already, and not *missing_ok*.
        """
        exchange = self._client.exchange(**options)
        script = operations.delete(exchange, self._address, self.name, missing_ok=missing_ok)
        try:
            self._client.run(script)
        except TaskNotFoundError:
            self._settled = True
            raise
        self._settled = True

    def __repr__(self) -> str:
        state = "settled" if self._settled else f"{self.seconds_left:.1f} s left"
        return f"<Lease of {self.task!r}, {state}>"


class Leases(Sequence[Lease]):
    """What one lease call gave, oldest first; empty if nothing was available.

    As a context manager it releases, on the way out, what was neither deleted nor released::

        with queue.lease(max_tasks=10) as leases:
            for lease in leases:
                work(lease.payload)
                lease.delete()

    A lease that has ended meanwhile is no error then. If a release fails, the others are left to
    run out by themselves, and its error is raised, unless the block itself raised one.
    """

    def __init__(self, leases: Sequence[Lease]) -> None:
        self._leases = tuple(leases)

    @overload
    def __getitem__(self, index: int) -> Lease: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Lease, ...]: ...
    def __getitem__(self, index: int | slice) -> Lease | tuple[Lease, ...]:
        return self._leases[index]

    def __len__(self) -> int:
        return len(self._leases)

    def __iter__(self) -> Iterator[Lease]:
        return iter(self._leases)

    def __enter__(self) -> Leases:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.release()
        except TaskQueueError as failure:
            if error is None:
                raise
            _log.warning("tasks are not released, their leases run out: %s", failure)

    def release(self, **options: Unpack[CallOptions]) -> None:
        """Release all that are not settled yet; those that have ended are none the worse for it."""
        for lease in self._leases:
            if lease.settled or not lease.seconds_left:
                continue
            try:
                lease.release(**options)
            except LeaseLostError:
                continue

    def __repr__(self) -> str:
        return f"Leases({list(self._leases)!r})"
