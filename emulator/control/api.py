"""The one place where the control API is put together."""

from __future__ import annotations

from discovery import contract
from emulator.control import clock, emptying, peek, reset, snapshots
from emulator.control.contents import Contents
from emulator.control.faults import methods as fault_methods
from emulator.control.faults.book import FaultBook
from emulator.control.gate import Gate
from emulator.control.journal import methods as journal_methods
from emulator.control.journal.view import View
from emulator.control.watched_store import WatchedStore
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.exports.shelf import Shelf
from emulator.rest.door import Extension


def extension(
    gate: Gate,
    engine: Engine,
    controlled: ControlledClock,
    faults: FaultBook,
    journal: View,
    contents: Contents,
    shelf: Shelf,
    store: WatchedStore,
) -> Extension:
    """The control API, to be served by a door.

    Args:
        gate: Who may call it.
        engine: Whom it looks into.
        controlled: The engine's clock.
        faults: The rules that the door spoils calls by.
        journal: Shows what the engine was asked.
        contents: All that the server remembers.
        shelf: Where snapshots of that are kept.
        store: What the engine works on.
    """
    forget = [controlled.forget, faults.clear, journal.journal.clear]
    serve = {
        **clock.handlers(controlled),
        **journal_methods.handlers(journal),
        **peek.handlers(engine),
        **fault_methods.handlers(faults),
        **reset.handlers(engine, forget=forget),
        **snapshots.handlers(contents, shelf),
        **emptying.handlers(engine, store),
    }
    return Extension(contract.control(), serve, gate.admit)
