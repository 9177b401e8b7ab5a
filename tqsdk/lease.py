"""Leased tasks: one, and all that one call gave."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Unpack

from tqsdk.errors import LeaseLostError, TaskQueueError
from tqsdk.leased import LeasedTask, LeasedTasks
from tqsdk.operations import Address, Held
from tqsdk.options import CallOptions

if TYPE_CHECKING:
    from tqsdk.client import Client

_log = logging.getLogger("tqsdk")


class Lease(LeasedTask):
    """A task that is ours until the lease ends. Delete it when the work is done."""

    def __init__(self, client: Client, address: Address, held: Held) -> None:
        super().__init__(client, address, held)
        self._client = client

    def renew(self, seconds: float | timedelta = 60, **options: Unpack[CallOptions]) -> None:
        """Let the lease end *seconds* from now, be that later or earlier than it would have.

        Args:
            seconds: Whole, 0 to 604800.
            options: As ``CallOptions``.

        Raises:
            LeaseLostError: It had ended.
        """
        self._client.run(self._renewal(seconds, **options))

    def release(self, **options: Unpack[CallOptions]) -> None:
        """Give the task back, so that it can be leased at once; its retry count stays.

        Raises:
            LeaseLostError: The lease had ended.
        """
        self._client.run(self._return(**options))

    def delete(self, *, missing_ok: bool = False, **options: Unpack[CallOptions]) -> None:
        """Delete the task: the work is done.

        The server does this whether or not the lease still holds.

        Raises:
            TaskNotFoundError: It had been deleted already, and not *missing_ok*.
        """
        self._client.run(self._deletion(missing_ok=missing_ok, **options))


class Leases(LeasedTasks[Lease]):
    """What one lease call gave, oldest first; empty if nothing was available.

    As a context manager it releases, on the way out, what was neither deleted nor released::

        with queue.lease(max_tasks=10) as leases:
            for lease in leases:
                work(lease.payload)
                lease.delete()

    A lease that has ended meanwhile is no error then. If a release fails, the others are left to
    run out by themselves, and its error is raised, unless the block itself raised one.
    """

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
        for lease in self._to_release():
            with suppress(LeaseLostError):
                lease.release(**options)
