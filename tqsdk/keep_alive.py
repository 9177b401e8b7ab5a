"""Leases that are renewed while a block runs, by one thread for all those of a client."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING

from tqsdk.keeping import Keeping, Upkeep

if TYPE_CHECKING:
    from tqsdk.client import Client
    from tqsdk.lease import Lease


class KeepAlive(Keeping["Lease"]):
    """Renews leases while its block runs; made by ``keep_alive`` of ``Lease`` and ``Leases``."""

    def __init__(
        self,
        client: Client,
        leases: Sequence[Lease],
        seconds: float | timedelta,
        on_lost: Callable[[Lease], None] | None,
    ) -> None:
        super().__init__(client, leases, seconds, on_lost)
        self._keeper = client.keeper

    def __enter__(self) -> KeepAlive:
        self._keeper.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self._keeper.drop(self)
        if error is None:
            self.raise_if_lost()


class Keeper:
    """The thread that renews the leases of one client; it runs while there are any to keep."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._runs = False
        self._begin()

    def add(self, keeping: KeepAlive) -> None:
        """Begin to keep."""
        if self._process != os.getpid():
            self._begin()  # a forked child has the lock, but not the thread
        with self._changed:
            self._upkeep.add(keeping)
            if not self._runs:
                threading.Thread(target=self._run, name="tqsdk-keeper", daemon=True).start()
                self._runs = True
            self._changed.notify()

    def drop(self, keeping: KeepAlive) -> None:
        """Look at once at what has been stopped."""
        if self._process == os.getpid():
            with self._changed:
                if self._runs:
                    self._upkeep.drop(keeping)
                    self._changed.notify()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._upkeep = Upkeep(self._client)
        self._runs = False

    def _run(self) -> None:
        wait: float | None = None
        while self._goes_on(wait):
            wait = self._client.run(self._upkeep.turn())

    def _goes_on(self, wait: float | None) -> bool:
        """Wait until there is something to do; whether there ever will be."""
        with self._changed:
            if not self._upkeep.has_news:
                if wait is None:
                    self._runs = False
                    return False
                self._changed.wait(wait)
            return True
