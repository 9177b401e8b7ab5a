"""What a lease knows and does. ``Lease`` and ``AsyncLease`` run its scripts, and wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar, Unpack, overload

from tqsdk import operations
from tqsdk.client_base import ClientBase
from tqsdk.errors import LeaseLostError, TaskNotFoundError
from tqsdk.exchange import Script
from tqsdk.models import Task
from tqsdk.operations import Address, Held
from tqsdk.options import CallOptions

L = TypeVar("L", bound="LeasedTask")


class LeasedTask:
    """A task while it is leased."""

    def __init__(self, client: ClientBase[Any], address: Address, held: Held) -> None:
        self._origin = client
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
        now: float = self._origin.clock.monotonic()
        return max(0.0, self._held.until - now)

    @property
    def settled(self) -> bool:
        """Whether the lease is known to be over: deleted, released or lost."""
        return self._settled

    def _renewal(self, seconds: float | timedelta, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)
        try:
            self._held = yield from operations.renew(exchange, self._address, self._held, seconds)
        except LeaseLostError:
            self._settled = True
            raise

    def _return(self, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)
        try:
            yield from operations.release(exchange, self._address, self._held)
        except LeaseLostError:
            self._settled = True
            raise
        self._settled = True

    def _deletion(self, *, missing_ok: bool, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)
        try:
            yield from operations.delete(exchange, self._address, self.name, missing_ok=missing_ok)
        except TaskNotFoundError:
            self._settled = True
            raise
        self._settled = True

    def __repr__(self) -> str:
        state = "settled" if self._settled else f"{self.seconds_left:.1f} s left"
        return f"<Lease of {self.task!r}, {state}>"


class LeasedTasks(Sequence[L]):
    """What one lease call gave, oldest first; empty if nothing was available."""

    def __init__(self, leases: Sequence[L]) -> None:
        self._leases = tuple(leases)

    @overload
    def __getitem__(self, index: int) -> L: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[L, ...]: ...
    def __getitem__(self, index: int | slice) -> L | tuple[L, ...]:
        return self._leases[index]

    def __len__(self) -> int:
        return len(self._leases)

    def __iter__(self) -> Iterator[L]:
        return iter(self._leases)

    def _to_release(self) -> Iterator[L]:
        """Those that hold when their turn comes."""
        return (each for each in self._leases if not each.settled and each.seconds_left)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._leases)!r})"
