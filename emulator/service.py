"""The one place where the parts are chosen and joined: engine, store, access, front door."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from emulator.auth.book import TokensAuthenticator, TokensFile
from emulator.auth.google import GoogleAuthenticator
from emulator.auth.grants import FileGranter, OpenGranter, TokenEndpoint
from emulator.auth.issued import IssuedTokens
from emulator.auth.metadata import MetadataServer, machine_of, open_machine
from emulator.config import Settings, SettingsError, read_queues, sqlite_path
from emulator.engine.clock import Clock, SystemClock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.engine.store import Store, Transaction, Work
from emulator.rest.access import Authenticator, Guard, OpenAuthenticator
from emulator.rest.door import Door, Site
from emulator.rest.times import rfc3339
from emulator.storage.errors import StoreVirtualTimeError
from emulator.storage.sqlite import open_sqlite

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """A whole emulator without a server: a front door, and the store behind it."""

    door: Door
    store: Store


def open_service(
    settings: Settings,
    *,
    clock: Clock | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> Service:
    """Join the parts.

    Args:
        settings: What the user chose.
        clock: For tests; by default the machine's. With ``settings.control`` it is what the
            service's own clock follows until it is moved.
        loop: Runs the store's units; by default the store has a thread for that.

    Raises:
        SettingsError: The store's address is none, the tokens file cannot be used, or a library
            that the settings need is not installed.
        QueueFileError: The queue file is missing or wrong.
        StoreOpenError: The store cannot be opened.
    """
    clock = clock or SystemClock()
    controlled = ControlledClock(clock) if settings.control else None
    path = sqlite_path(settings.store)
    queues, warnings = read_queues(settings.queues, auto_create=settings.auto_create)
    for warning in warnings:
        logger.warning("%s", warning)
    engine = Engine(
        controlled or clock,
        queues=queues,
        limits=settings.engine_limits,
        tombstone_seconds=settings.tombstone_seconds,
    )
    # Not the controlled clock: those who make, hold and check tokens have the real time.
    access = _access(settings, clock)
    store = open_sqlite(
        path,
        durability=settings.durability,
        loop=loop,
        first=_first_unit(settings, clock, controlled),
    )
    control = None
    if controlled is not None:
        # Read only where it is asked for: it is a fifth of what a server takes to start.
        from emulator.controlled import join_control

        control = join_control(
            settings,
            engine,
            store,
            access.authenticator,
            _guard(settings),
            controlled=controlled,
            machine=clock,
        )
        store = control.store
    door = Door(
        engine,
        partition=settings.partition,
        authenticator=control.authenticator if control else access.authenticator,
        guard=access.guard,
        sites=(*access.sites, *(control.sites if control else ())),
        long_bodies=control.long_bodies if control else {},
        cors=settings.cors,
        jsonp=settings.jsonp,
        extensions=[control.extension] if control else [],
        tap=control.tap if control else None,
        spoiler=control.spoiler if control else None,
    )
    return Service(door, store)


def _first_unit(
    settings: Settings, clock: Clock, controlled: ControlledClock | None
) -> Work[object]:
    """What is done with the store's clock before anybody asks for the time."""

    def work(tx: Transaction) -> None:
        if settings.reset_clock:
            tx.set_clock(None)
        state = tx.clock()
        if controlled is not None:
            controlled.read(tx)
        elif state is not None:
            raise StoreVirtualTimeError(
                f"{settings.store} has a time of its own, {rfc3339(state.at(clock.now()))}: serve"
                " it with --control, or have it return to the machine's time with --reset-clock"
            )

    return work


def _guard(settings: Settings) -> Guard:
    return Guard(frozenset(settings.allowed_hosts), frozenset(settings.cors))


@dataclass(frozen=True, slots=True)
class _Access:
    """Who may call, and what the server hands out so that they can."""

    authenticator: Authenticator
    guard: Guard | None = None
    sites: tuple[Site, ...] = ()


def _access(settings: Settings, clock: Clock) -> _Access:
    issued = IssuedTokens(clock)
    guard = None if settings.insecure else _guard(settings)
    match settings.auth:
        case "open":
            endpoint = TokenEndpoint(OpenGranter(), issued, clock)
            metadata = MetadataServer(open_machine, issued, guard)
            return _Access(OpenAuthenticator(), guard, (endpoint, metadata))
        case "tokens":
            if settings.tokens is None:
                raise SettingsError("auth tokens needs a tokens file")
            file = TokensFile(settings.tokens)
            endpoint = TokenEndpoint(FileGranter(file, SystemClock()), issued, clock)
            # No page can guess a token, so the API needs no guard. The metadata server asks for
            # none, so it does.
            metadata = MetadataServer(lambda: machine_of(file.book()), issued, guard)
            return _Access(TokensAuthenticator(file, issued, clock), None, (endpoint, metadata))
        case "google":
            return _Access(GoogleAuthenticator(clock, audiences=settings.google_audiences))
