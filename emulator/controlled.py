"""What a service has with ``--control``, and does not even import without: the control API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulator.config import Settings, sqlite_path
from emulator.control.api import extension
from emulator.control.contents import Contents
from emulator.control.faults.book import FaultBook
from emulator.control.gate import Gate
from emulator.control.journal.callers import Callers
from emulator.control.journal.record import Journal
from emulator.control.journal.stream import JournalStream
from emulator.control.journal.view import View
from emulator.control.transfer import IMPORT_PATH, MOST_IMPORT_BYTES, Transfer
from emulator.control.watched_store import WatchedStore
from emulator.engine.clock import Clock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.engine.store import Store
from emulator.exports.shelf import FolderShelf, MemoryShelf, Shelf
from emulator.rest.access import Authenticator, Guard
from emulator.rest.door import Extension, Site, Tap
from emulator.rest.endpoint import Spoiler


@dataclass(frozen=True, slots=True)
class Control:
    """The control API, and what it needs of the door and the store to know what happens there.

    Attributes:
        store: To be used in the place of the one that was given.
        long_bodies: See ``emulator.rest.door.Door``.
    """

    extension: Extension
    sites: tuple[Site, ...]
    authenticator: Authenticator
    tap: Tap
    spoiler: Spoiler
    store: Store
    long_bodies: Mapping[str, int]


def join_control(
    settings: Settings,
    engine: Engine,
    store: Store,
    authenticator: Authenticator,
    guard: Guard,
    *,
    controlled: ControlledClock,
    machine: Clock,
) -> Control:
    """Join the parts of the control API.

    Args:
        settings: What the user chose.
        engine: Whom it looks into.
        store: The engine's.
        authenticator: Knows who calls Google's API.
        guard: Keeps foreign pages out of the control API, whatever lets them into the other.
        controlled: The engine's clock.
        machine: The clock that it goes by.
    """
    watched = WatchedStore(store)
    contents = Contents(watched, engine, controlled=controlled, machine=machine)
    gate = Gate(guard, settings.control_token)
    callers = Callers(authenticator)
    journal = Journal(size=settings.journal_size)
    view = View(journal, controlled, queues=engine.queues, callers=callers, jsonp=settings.jsonp)
    faults = FaultBook()
    shelf = _shelf(sqlite_path(settings.store))
    api = extension(gate, engine, controlled, faults, view, contents, shelf, watched)
    return Control(
        extension=api,
        sites=(JournalStream(api.contract, gate, view), Transfer(gate, contents)),
        authenticator=callers,
        tap=journal.record,
        spoiler=faults,
        store=watched,
        long_bodies={IMPORT_PATH: MOST_IMPORT_BYTES},
    )


def _shelf(store: Path | None) -> Shelf:
    """Where snapshots are kept: beside the store, or in memory as it is."""
    return MemoryShelf() if store is None else FolderShelf(Path(f"{store}.snapshots"))
