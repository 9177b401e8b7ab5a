"""A store that an event loop drives, for tests that are not on the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Store, View, Work

T = TypeVar("T")


class Looped:
    """A ``Store`` over another that lives on an event loop, which runs in a thread of its own."""

    def __init__(self, open_store: Callable[[asyncio.AbstractEventLoop], Store]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._store: Store = self._on_loop(lambda: open_store(self._loop))

    def submit(self, work: Work[T], done: Callable[[Outcome[T]], None]) -> None:
        def submit() -> None:
            try:
                self._store.submit(work, done)
            except EngineError as error:
                done(Outcome(error=error))

        self._loop.call_soon_threadsafe(submit)

    def run(self, work: Work[T]) -> T:
        return self._store.run(work)

    def view(self) -> AbstractContextManager[View]:
        return self._store.view()

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._on_loop(self._store.close)
        self._on_loop(lambda: None)  # outcomes that were on their way have been told now
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _on_loop(self, function: Callable[[], Any]) -> Any:
        async def call() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)
