"""A store whose units can be waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from emulator.engine.store import Outcome, Store, View, Work

T = TypeVar("T")


class WatchedStore:
    """A ``Store`` that tells when something may have changed, as long as somebody waits for it.

    Those who do not wait pay nothing: a unit that was submitted before somebody began to watch runs
    before the first look of who watches, and so is seen by it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settled = threading.Condition()
        self._units = 0
        self._watching = 0

    def submit(self, work: Work[T], done: Callable[[Outcome[T]], None]) -> None:
        """See ``Store.submit``."""
        if not self._watching:
            self._store.submit(work, done)
            return

        def settled(outcome: Outcome[T]) -> None:
            self._tell()
            done(outcome)

        self._store.submit(work, settled)

    def run(self, work: Work[T]) -> T:
        """See ``Store.run``."""
        try:
            return self._store.run(work)
        finally:
            self._tell()

    def view(self) -> AbstractContextManager[View]:
        """See ``Store.view``."""
        return self._store.view()

    def close(self) -> None:
        """See ``Store.close``. Who waits is refused."""
        self._store.close()
        self._tell()

    def wait(self, look: Work[T], wanted: Callable[[T], bool], *, seconds: float) -> T:
        """Run *look*, and again after units of others, until what it finds is *wanted*.

        Args:
            look: Changes nothing.
            wanted: Says of what was found whether it is the one.
            seconds: How long at most, of real time.

        Returns:
            What was found last, wanted or not.

        Raises:
            EngineError: As for ``Store.run``.
        """
        until = time.monotonic() + seconds
        with self._watched():
            while True:
                seen = self._units
                found = self._store.run(look)
                if wanted(found) or not self._another(seen, until - time.monotonic()):
                    return found

    def _another(self, seen: int, seconds: float) -> bool:
        """Whether there is another unit than the *seen* ones, in so many seconds."""
        with self._settled:
            return self._settled.wait_for(lambda: self._units != seen, max(seconds, 0))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        with self._settled:
            self._watching += 1
        try:
            yield
        finally:
            with self._settled:
                self._watching -= 1

    def _tell(self) -> None:
        with self._settled:
            self._units += 1
            self._settled.notify_all()
