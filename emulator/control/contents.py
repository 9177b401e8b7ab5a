"""All that a server remembers, as lines: taken out of its store while it goes on, and put in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from emulator.engine.clock import Clock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.engine.store import Store
from emulator.exports.lines import Restored, Source, check, merging, replacing, spelled


class Contents:
    """What is in a store, and what its server has in memory besides. Not for an event loop."""

    def __init__(
        self, store: Store, engine: Engine, *, controlled: ControlledClock, machine: Clock
    ) -> None:
        """Know the parts.

        Args:
            store: Where it all is.
            engine: Forgets what belongs to other contents.
            controlled: The engine's clock, which shows the time of the contents.
            machine: The clock that it goes by.
        """
        self._store = store
        self._engine = engine
        self._controlled = controlled
        self._machine = machine

    @contextmanager
    def lines(self) -> Iterator[Iterator[bytes]]:
        """All of it, as of the instant when the block begins.

        Raises:
            StoreFailedError: The store cannot be read.
        """
        with self._store.view() as view:
            yield spelled(view, machine=self._machine)

    def replace(self, source: Source) -> Restored:
        """Put a file in the place of all of it.

        Its clock is the server's then, so the time may go back, as it may in a reset.

        Raises:
            JsonlError: The file is none, or not whole; nothing was changed.
            EngineError: The store failed.
        """
        check(source)
        restored = self._store.run(replacing(source, machine=self._machine))
        self._engine.forget_calls()
        self._store.run(self._controlled.start_over)
        return restored

    def merge(self, source: Source) -> Restored:
        """Add what a file has, and the store has not.

        Raises:
            JsonlError: The file is none, or not whole; nothing was changed.
            EngineError: The store failed.
        """
        check(source)
        return self._store.run(merging(source, machine=self._machine))
