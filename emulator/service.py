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
from emulator.control.api import extension
from emulator.control.gate import Gate
from emulator.engine.clock import Clock, SystemClock
from emulator.engine.engine import Engine
from emulator.engine.store import Store
from emulator.rest.access import Authenticator, Guard, OpenAuthenticator
from emulator.rest.door import Door, Site
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
        clock: For tests; by default the machine's.
        loop: Runs the store's units; by default the store has a thread for that.

    Raises:
        SettingsError: The store's address is none, the tokens file cannot be used, or a library
            that the settings need is not installed.
        QueueFileError: The queue file is missing or wrong.
        StoreOpenError: The store cannot be opened.
    """
    clock = clock or SystemClock()
    path = sqlite_path(settings.store)
    queues, warnings = read_queues(settings.queues, auto_create=settings.auto_create)
    for warning in warnings:
        logger.warning("%s", warning)
    engine = Engine(
        clock,
        queues=queues,
        limits=settings.engine_limits,
        tombstone_seconds=settings.tombstone_seconds,
    )
    access = _access(settings, clock)
    door = Door(
        engine,
        partition=settings.partition,
        authenticator=access.authenticator,
        guard=access.guard,
        sites=access.sites,
        cors=settings.cors,
        jsonp=settings.jsonp,
        extensions=[extension(_gate(settings), engine)] if settings.control else [],
    )
    return Service(door, open_sqlite(path, durability=settings.durability, loop=loop))


def _gate(settings: Settings) -> Gate:
    """Who may control the server. No setting opens it to foreign pages."""
    return Gate(_guard(settings), settings.control_token)


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
