"""What a lease knows and does. ``Lease`` and ``AsyncLease`` run its scripts, and wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar, Unpack, overload

from tqsdk import operations
from tqsdk.client_base import ClientBase
from tqsdk.errors import LeaseLostError, TaskNotFoundError, TaskQueueError
from tqsdk.exchange import Exchange, Script
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
        # While it is unknown whether a renewal was carried out, when that would let the lease end.
        self._renewed_until: float | None = None

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

    def form(self) -> dict[str, str | list[str]]:
        """The payload read as a form; see ``Task.form``."""
        return self.task.form()

    @property
    def seconds_left(self) -> float:
        """How long the lease certainly still holds; 0 if it may have ended.

        Measured by the monotonic clock of this machine, from when the request was sent: the server
        began later. Wall clocks, which may differ between machines, play no part.
        """
        until = self._held.until
        if self._renewed_until is not None:
            until = min(until, self._renewed_until)
        now: float = self._origin.clock.monotonic()
        return max(0.0, until - now)

    @property
    def settled(self) -> bool:
        """Whether the lease is known to be over: deleted, released or lost."""
        return self._settled

    def _renewal(self, seconds: float | timedelta, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)
        whole_seconds = self._address.limits.seconds(seconds)
        yield from self._recover(exchange)
        # Unless this comes to an end that is certain: it may be cancelled, or interrupted.
        self._renewed_until = exchange.clock.monotonic() + whole_seconds
        try:
            self._held = yield from operations.renew(exchange, self._address, self._held, seconds)
        except LeaseLostError:
            self._settled = True
            raise
        except TaskQueueError:
            if exchange.unsure_since is None:
                self._renewed_until = None
            raise
        self._renewed_until = None

    def _return(self, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)
        yield from self._recover(exchange)
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

    def _recover(self, exchange: Exchange) -> Script[None]:
        """Find out what has become of a renewal whose answer was lost."""
        if self._renewed_until is not None:
            self._held = yield from operations.recovered(exchange, self._address, self._held)
            self._renewed_until = None

    @property
    def _may_hold(self) -> bool:
        in_doubt = self._renewed_until is not None
        return not self._settled and (in_doubt or self.seconds_left > 0)

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
        """Those that may still hold when their turn comes."""
        return (each for each in self._leases if each._may_hold)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._leases)!r})"
