"""Leased tasks: one, and all that one call gave."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Unpack

from tqsdk.errors import TaskQueueError
from tqsdk.keep_alive import KeepAlive
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

    def keep_alive(
        self,
        seconds: float | timedelta = 60,
        *,
        on_lost: Callable[[Lease], None] | None = None,
    ) -> KeepAlive:
        """Renew the lease in the background while a block runs::

            with lease.keep_alive(on_lost=stop_working):
                work(lease.payload)
            lease.delete()

        It is renewed when a third of *seconds* has passed, and not before, if it is longer than
        that. Deleting or releasing it in the block ends that. One thread does this for all leases
        of a client.

        If the lease is lost, because somebody else has the task, it is deleted, or the server could
        not be reached before the lease ended, *on_lost* is called at once, in that thread; the
        ``lost`` of the block's value has the lease; and at its end, unless it raises an error of
        its own, the block raises LeaseLostError.

        Args:
            seconds: For how long to renew each time; whole, 1 to 604800.
            on_lost: Must not block: other renewals wait for it.
        """
        return KeepAlive(self._client, [self], seconds, on_lost)

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

    That is one request. A lease that has ended meanwhile is no error then. If a release fails, that
    lease runs out by itself, and the error is raised, unless the block itself raised one.
    """

    def __init__(self, client: Client, leases: Sequence[Lease]) -> None:
        super().__init__(leases)
        self._client = client

    def keep_alive(
        self,
        seconds: float | timedelta = 60,
        *,
        on_lost: Callable[[Lease], None] | None = None,
    ) -> KeepAlive:
        """Renew all of them in the background while a block runs; see ``Lease.keep_alive``::

            with queue.lease(max_tasks=100) as leases, leases.keep_alive():
                for lease in leases:
                    work(lease.payload)
                    lease.delete()

        They are renewed together, in one request. If some are lost, the block raises the error of
        the first.
        """
        return KeepAlive(self._client, self._leases, seconds, on_lost)

    def __enter__(self) -> Leases:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.release()
        else:
            self._give_back()

    def release(self, **options: Unpack[CallOptions]) -> None:
        """Release all that are not settled yet; those that have ended are none the worse for it."""
        self._client.run(self._releases(**options))

    def _give_back(self) -> None:
        """``release``, where there is nobody to tell of a failure."""
        try:
            self.release()
        except TaskQueueError as failure:
            _log.warning("tasks are not released, their leases run out: %s", failure)
