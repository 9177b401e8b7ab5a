"""When kept leases are renewed, and when they are lost; whoever waits for it.

Each kept lease is a script that pauses and renews. The scripts of all leases that a client keeps
run side by side, so that renewals which are due at about the same time are one request.
"""

from __future__ import annotations

import logging
import random as _random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tqsdk.client_base import ClientBase
from tqsdk.errors import LeaseLostError, TaskQueueError
from tqsdk.exchange import Pause, Script
from tqsdk.lanes import Lanes, Planned
from tqsdk.limits import lasting

if TYPE_CHECKING:
    from tqsdk.leased import LeasedTask

L = TypeVar("L", bound="LeasedTask")

_log = logging.getLogger("tqsdk")

_PASSED = (0.30, 0.36)  # of a lease when it is renewed; random, so that not all come at once
_ATTEMPTS = 1000  # more than there is time for
_SILENCES = 4  # attempts that may get no answer, one after the other, before the lease ends


class Keeping(Generic[L]):
    """Leases that are to be kept, and those of them that were lost.

    Args:
        client: What knows how to send.
        leases: Those to be kept.
        seconds: Whole, 1 to 604800; for how long each is renewed.
        on_lost: Told each lease that is lost, where renewals run.
    """

    def __init__(
        self,
        client: ClientBase[Any],
        leases: Sequence[L],
        seconds: float | timedelta,
        on_lost: Callable[[L], None] | None,
        *,
        random: Callable[[float, float], float] = _random.uniform,
    ) -> None:
        self._origin = client
        self._seconds = lasting(client.limits, seconds)
        # The same for all of them, so that they go on being renewed together.
        self._left_when_renewed = self._seconds * (1 - random(*_PASSED))
        self._on_lost = on_lost
        self._lost: list[tuple[L, LeaseLostError]] = []
        self._is_over = False
        self.renewals: Sequence[Planned[None]] = [Planned(self._keep(lease)) for lease in leases]

    @property
    def lost(self) -> tuple[L, ...]:
        """The leases that are lost; empty as long as all is well."""
        return tuple(lease for lease, _ in self._lost)

    def stop(self) -> None:
        """Begin no further renewal."""
        self._is_over = True

    def raise_if_lost(self) -> None:
        """Raise the error of the first lease that was lost.

        Raises:
            LeaseLostError: One was.
        """
        if self._lost:
            raise self._lost[0][1]

    def _keep(self, lease: L) -> Script[None]:
        try:
            while not (self._is_over or lease.settled):
                early = lease.seconds_left - self._left_when_renewed
                if early > 0:
                    yield Pause(early)  # and look again: it may have been renewed or settled
                else:
                    yield from self._renew(lease)
        except LeaseLostError as error:
            self._lose(lease, error)

    def _renew(self, lease: L) -> Script[None]:
        left = lease.seconds_left
        if not left:
            raise LeaseLostError("it was not renewed before its end", task=lease.name)
        options = self._origin.options
        timeout, patience = options.limits, left / _SILENCES
        try:
            yield from lease._upkeep(
                self._seconds,
                deadline=left,
                timeout=(min(timeout.connect, patience), min(timeout.read, patience)),
                retry=replace(options.retry, attempts=_ATTEMPTS, longest_retry_after=left),
            )
        except LeaseLostError:
            raise
        except TaskQueueError as error:
            raise _not_renewed(error) from error

    def _lose(self, lease: L, error: LeaseLostError) -> None:
        self._lost.append((lease, error))
        _log.warning("a lease that was to be kept is lost: %s", error)
        if self._on_lost is None:
            return
        try:
            self._on_lost(lease)
        except Exception:  # that of one block: the leases of the others are still to be kept
            _log.exception("on_lost failed")


class Upkeep:
    """All leases that one client keeps, side by side. May be told of others from any thread."""

    def __init__(self, client: ClientBase[Any]) -> None:
        self._lanes = Lanes(client.endpoint, client.clock)
        self._coming: deque[Keeping[Any]] = deque()
        self._going: deque[Keeping[Any]] = deque()

    @property
    def has_news(self) -> bool:
        """Whether the next turn has something to do at once."""
        return bool(self._coming or self._going)

    def add(self, keeping: Keeping[Any]) -> None:
        """Begin to keep, with the next turn."""
        self._coming.append(keeping)

    def drop(self, keeping: Keeping[Any]) -> None:
        """Look at what has been stopped, with the next turn, so that it is forgotten."""
        self._going.append(keeping)

    def close(self) -> None:
        """Give up what is kept."""
        self._lanes.close()

    def turn(self) -> Script[float | None]:
        """Renew what is due; seconds until the next turn, or None if nothing is kept."""
        while self._coming:
            for renewal in self._coming.popleft().renewals:
                self._lanes.start(renewal)
        while self._going:
            self._lanes.wake(self._going.popleft().renewals)
        return (yield from self._lanes.turn())


def _not_renewed(error: TaskQueueError) -> LeaseLostError:
    return LeaseLostError(
        f"it could not be renewed: {error.message}",
        operation=error.operation,
        queue=error.queue,
        task=error.task,
        attempts=error.attempts,
        elapsed=error.elapsed,
    )
