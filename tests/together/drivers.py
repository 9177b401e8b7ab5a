"""Clients under test, each behind the same few methods, so that one table of faults is for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from tests.together.faults import Trouble
from tqsdk import Client, RetryPolicy
from tqsdk.aio import AsyncClient
from tqsdk.testing import AsyncVirtualClock, VirtualClock

PAYLOAD = b"payload"
LEASE_SECONDS = 6_000
RENEWED_SECONDS = 60_000

# What an attempt may take, in seconds: enough for any that is answered at all, and for a fault that
# is silence just what it takes to notice.
PATIENCE = 30.0
IMPATIENCE = 0.25


class Driver(Protocol):
    """A client, at one queue. Each method returns when its operation has ended.

    It raises what the client raises. A lease is whatever the client has for one.
    """

    waited: list[float]
    """The seconds of each wait between attempts, none of which took any time."""

    def insert(self, name: str | None, *, dedupe: bool = True) -> str:
        """Insert a task with ``PAYLOAD``; return its name."""
        ...

    def lease(self) -> list[Any]:
        """Lease one task for ``LEASE_SECONDS``."""
        ...

    def renew(self, lease: Any) -> int:
        """Let a lease last for ``RENEWED_SECONDS`` from now; return its new token."""
        ...

    def release(self, lease: Any) -> None:
        """End a lease."""
        ...

    def delete(self, name: str) -> None:
        """Delete a task."""
        ...

    def get(self, name: str) -> bytes:
        """The payload of a task."""
        ...

    def list(self) -> list[str]:
        """The names of the tasks."""
        ...

    def stats(self) -> int:
        """How many tasks there are."""
        ...

    def info(self) -> str:
        """The name of the queue, as the server says it."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


MakeDriver = Callable[[Trouble, str, str, float], Driver]
"""Makes a driver: of a client that calls at the trouble's address, for a project and a queue, with
so many seconds for each attempt; and that mends the trouble whenever it waits."""


class SdkDriver:
    """tqsdk, by the methods that its clients have in common.

    Args:
        queue: Of a Client, or of an AsyncClient.
        wait: Gives the result of a method of it.
        close: Closes the client.
        waited: Where its clock notes what was waited.
    """

    def __init__(
        self,
        queue: Any,
        *,
        wait: Callable[[Any], Any],
        close: Callable[[], None],
        waited: list[float],
    ) -> None:
        self._queue = queue
        self._wait = wait
        self.close = close
        self.waited = waited

    def insert(self, name: str | None, *, dedupe: bool = True) -> str:
        task = self._wait(self._queue.insert(PAYLOAD, name=name, dedupe=dedupe))
        stored: str = task.name
        return stored

    def lease(self) -> list[Any]:
        return list(self._wait(self._queue.lease(seconds=LEASE_SECONDS)))

    def renew(self, lease: Any) -> int:
        self._wait(lease.renew(RENEWED_SECONDS))
        token: int = lease.task.lease_token
        return token

    def release(self, lease: Any) -> None:
        self._wait(lease.release())

    def delete(self, name: str) -> None:
        self._wait(self._queue.delete(name))

    def get(self, name: str) -> bytes:
        payload: bytes = self._wait(self._queue.get(name)).payload
        return payload

    def list(self) -> list[str]:
        return [task.name for task in self._wait(self._queue.list())]

    def stats(self) -> int:
        total: int = self._wait(self._queue.stats()).total_tasks
        return total

    def info(self) -> str:
        name: str = self._wait(self._queue.info()).name
        return name


class MendingClock(VirtualClock):
    """Waits without waiting, and by then the trouble is over."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self._trouble = trouble

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._trouble.mend()


class MendingAsyncClock(AsyncVirtualClock):
    """The same, for AsyncClient."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self._trouble = trouble

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self._trouble.mend()


class _Tokens:
    """A source of access tokens: each time another."""

    def __init__(self) -> None:
        self._given = 0

    def __call__(self) -> str:
        self._given += 1
        return f"token-{self._given}"


def sync_driver(trouble: Trouble, project: str, queue: str, timeout: float) -> Driver:
    """The Client."""
    clock = MendingClock(trouble)
    client = Client(
        project,
        endpoint=trouble.url,
        credentials=_Tokens(),
        clock=clock,
        timeout=timeout,
        retry=RetryPolicy(),
    )
    return SdkDriver(
        client.queue(queue), wait=lambda result: result, close=client.close, waited=clock.sleeps
    )


def async_driver(trouble: Trouble, project: str, queue: str, timeout: float) -> Driver:
    """The AsyncClient, on an event loop that runs while an operation does."""
    clock, runner = MendingAsyncClock(trouble), asyncio.Runner()
    client = AsyncClient(
        project,
        endpoint=trouble.url,
        credentials=_Tokens(),
        clock=clock,
        timeout=timeout,
        retry=RetryPolicy(),
    )

    def close() -> None:
        with runner:
            runner.run(client.close())

    return SdkDriver(client.queue(queue), wait=runner.run, close=close, waited=clock.sleeps)


# One line for each client of tqsdk: the whole table of faults is run for each.
SDK_DRIVERS: dict[str, MakeDriver] = {"Client": sync_driver, "AsyncClient": async_driver}
