"""What a lease knows and does. ``Lease`` and ``AsyncLease`` run its scripts, and wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar, Unpack, overload

from tqsdk import operations
from tqsdk.client_base import ClientBase
from tqsdk.errors import ApiError, LeaseLostError, TaskNotFoundError, TaskQueueError
from tqsdk.exchange import Exchange, Pause, Script
from tqsdk.forks import Lock
from tqsdk.lanes import Lanes, together
from tqsdk.models import Task
from tqsdk.operations import Address, Held
from tqsdk.options import CallOptions

L = TypeVar("L", bound="LeasedTask")

_LOOK_AGAIN = 0.01  # seconds, while something else is being done with the same lease


class LeasedTask:
    """A task while it is leased."""

    def __init__(self, client: ClientBase[Any], address: Address, held: Held) -> None:
        self._origin = client
        self._address = address
        self._held = held
        self._settled = False
        # While it is unknown whether a renewal was carried out, when that would let the lease end.
        self._renewed_until: float | None = None
        self._lock = Lock()

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

    # The methods as scripts, for this package: whoever has several of them sends them together.

    def _renewal(self, seconds: float | timedelta, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)
        whole_seconds = self._address.limits.seconds(seconds)
        return self._alone(lambda: self._renew(exchange, whole_seconds), LeaseLostError)

    def _upkeep(self, seconds: int, **options: Unpack[CallOptions]) -> Script[None]:
        """A renewal, unless the lease is settled when its turn comes."""
        exchange = self._origin.exchange(**options)
        exchange.share = 0.0  # no used-up budget is to cost a lease for which there is still time

        def renew() -> Script[None]:
            if not self._settled:
                yield from self._renew(exchange, seconds)

        return self._alone(renew, LeaseLostError)

    def _return(self, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)

        def release() -> Script[None]:
            yield from self._recover(exchange)
            yield from operations.release(exchange, self._address, self._held)
            self._settled = True

        return self._alone(release, LeaseLostError)

    def _deletion(self, *, missing_ok: bool, **options: Unpack[CallOptions]) -> Script[None]:
        exchange = self._origin.exchange(**options)

        def delete() -> Script[None]:
            yield from operations.delete(exchange, self._address, self.name, missing_ok=missing_ok)
            self._settled = True

        return self._alone(delete, TaskNotFoundError)

    def _alone(self, do: Callable[[], Script[None]], over: type[ApiError]) -> Script[None]:
        """*do* it when nothing else is being done with this lease; *over* means that it is over.

        Every renewal changes the token that the next step needs, and ``keep_alive`` renews beside
        the block. Nobody waits for the lock itself: under asyncio that would stop everybody.
        """
        while not self._lock.acquire(blocking=False):
            yield Pause(_LOOK_AGAIN)
        try:
            yield from do()
        except over:
            self._settled = True
            raise
        finally:
            self._lock.release()

    def _renew(self, exchange: Exchange, seconds: int) -> Script[None]:
        yield from self._recover(exchange)
        # Unless this comes to an end that is certain: it may be cancelled, or interrupted.
        self._renewed_until = exchange.clock.monotonic() + seconds
        try:
            self._held = yield from operations.renew(exchange, self._address, self._held, seconds)
        except TaskQueueError:
            if exchange.unsure_since is None:
                self._renewed_until = None
            raise
        self._renewed_until = None

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

    def _releases(self, **options: Unpack[CallOptions]) -> Script[None]:
        """Release, together, those that may still hold; the first failure is raised at the end."""
        held = [each for each in self._leases if each._may_hold]
        if not held:
            return
        lanes = Lanes(held[0]._origin.endpoint, held[0]._origin.clock)
        releases = [lanes.add(each._return(**options)) for each in held]
        yield from together(lanes)
        for each in releases:
            if each.error is not None and not isinstance(each.error, LeaseLostError):
                raise each.error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._leases)!r})"
