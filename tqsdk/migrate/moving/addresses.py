"""Which source or target an address names.

Modules are imported when an address asks for them, and the libraries they need when it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from tqsdk.client import Client
from tqsdk.clock import Clock
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.model import MissingLibraryError, MoveError, Record, Source, Target

if TYPE_CHECKING:
    from tqsdk.migrate.pubsub.source import Subscription

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What addresses do not say.

    Attributes:
        clock: Measures time, and waits.
        client: Makes the client that the command's shared options describe, for ``tq:QUEUE``.
        token: Of the server that the address names, or that of *client*; never another one's.
        mode: How a queue is read: ``drain``, ``copy`` or ``exact``; None if that was not said.
        lease_seconds: For how long a batch is leased; None is what *mode* needs.
        batch: How many records are moved at once.
        wait: For how many seconds to wait for tasks that cannot be leased yet.
        force: Whether to read a queue though its tasks may not survive it.
        note: Tells people what is worth knowing.
    """

    clock: Clock
    client: Callable[[], Client]
    token: str | None = None
    mode: str | None = None
    lease_seconds: int | None = None
    batch: int = 1000
    wait: float = 0.0
    force: bool = False
    note: Callable[[str], None]


# Reads all there is, changing nothing, for ``verify``.
Reading: TypeAlias = AbstractContextManager[Iterator[Record]]

OpenSource: TypeAlias = Callable[[str, Settings, Ledger], Source]
OpenTarget: TypeAlias = Callable[[str, Settings], Target]
OpenReading: TypeAlias = Callable[[str, Settings], Reading]


def source(address: str, settings: Settings, ledger: Ledger) -> Source:
    """The source that *address* names.

    Raises:
        MoveError: It names none.
    """
    return _of(SOURCES, address, "read from")(address, settings, ledger)


def target(address: str, settings: Settings) -> Target:
    """The target that *address* names.

    Raises:
        MoveError: It names none.
    """
    return _of(TARGETS, address, "written to")(address, settings)


def reading(address: str, settings: Settings) -> Reading:
    """What *address* names, to be read and not changed.

    Raises:
        MoveError: It names nothing of that kind.
    """
    return _of(READINGS, address, "read without being changed")(address, settings)


def scheme_of(address: str) -> str:
    """What comes before the colon; ``file`` for the path of a file."""
    scheme, colon, _ = address.partition(":")
    if colon and len(scheme) > 1:  # one letter is a drive
        return scheme
    return "file"


def shown(address: str) -> str:
    """The address as it may be written down: without a password."""
    without = re.sub(r"(?<=://)([^/?#@:]*):[^/?#@]*@", r"\1@", address)
    return re.sub(r"([?&]password=)[^&#]*", r"\1...", without)


def _of(openers: dict[str, T], address: str, doing: str) -> T:
    opener = openers.get(scheme_of(address))
    if opener is None:
        raise MoveError(
            f"{shown(address)!r} cannot be {doing}; what can begins with "
            f"{', '.join(f'{each}:' for each in sorted(openers))} or is the path of a file"
        )
    return opener


def _file_source(address: str, settings: Settings, ledger: Ledger) -> Source:
    from tqsdk.migrate.moving.files import FileSource, path_of

    return FileSource(path_of(address), batch=settings.batch, is_checked=not ledger.is_new)


def _file_target(address: str, settings: Settings) -> Target:
    from tqsdk.migrate.moving.files import FileTarget, path_of

    return FileTarget(path_of(address), clock=settings.clock)


def _file_reading(address: str, settings: Settings) -> Reading:
    from tqsdk.migrate.moving.files import opened, path_of

    return opened(path_of(address))


def _server_source(address: str, settings: Settings, ledger: Ledger) -> Source:
    from tqsdk.migrate.moving import exported, leases, server

    place = server.place(address, settings.client, settings.token)
    if settings.mode is None:
        raise MoveError("say with --mode how to read a queue: drain, copy or exact")
    if settings.mode == "exact":
        return exported.ExactSource(place, token=settings.token, batch=settings.batch)
    return leases.source(
        settings.mode,
        place,
        ledger,
        clock=settings.clock,
        seconds=settings.lease_seconds,
        batch=settings.batch,
        wait=settings.wait,
        force=settings.force,
        note=settings.note,
    )


def _server_target(address: str, settings: Settings) -> Target:
    from tqsdk.migrate.moving import server

    return server.ServerTarget(server.place(address, settings.client, settings.token))


def _server_reading(address: str, settings: Settings) -> Reading:
    from tqsdk.migrate.moving import exported, server

    place = server.place(address, settings.client, settings.token)
    return exported.looked_at(place, settings.token)


def _postgres_source(address: str, settings: Settings, ledger: Ledger) -> Source:
    with _needing("psycopg", extra="postgres"):
        from tqsdk.migrate.postgres import database, source

    drains = settings.mode == "drain"
    place = database.Place.of(address)
    return source.PostgresSource(place, drains=drains, batch=settings.batch)


def _postgres_target(address: str, settings: Settings) -> Target:
    with _needing("psycopg", extra="postgres"):
        from tqsdk.migrate.postgres import database, target

    return target.PostgresTarget(database.Place.of(address))


def _postgres_reading(address: str, settings: Settings) -> Reading:
    with _needing("psycopg", extra="postgres"):
        from tqsdk.migrate.postgres import database, source

    return source.reading(database.Place.of(address))


def _pubsub_source(address: str, settings: Settings, ledger: Ledger) -> Source:
    from tqsdk.migrate.pubsub import source

    if settings.mode not in (None, "drain"):
        raise MoveError("a subscription can only be drained; make one more to copy from")
    subscription = _subscription(address, settings)
    return source.PubSubSource(subscription, ledger, batch=settings.batch, note=settings.note)


def _pubsub_target(address: str, settings: Settings) -> Target:
    from tqsdk.migrate.pubsub import service, target

    made = service.service(settings.clock)
    return target.target(address, made, clock=settings.clock, note=settings.note)


def _pubsub_reading(address: str, settings: Settings) -> Reading:
    from tqsdk.migrate.pubsub import source

    return source.reading(_subscription(address, settings))


def _subscription(address: str, settings: Settings) -> Subscription:
    from tqsdk.migrate.pubsub import service, source

    return source.subscription(
        address,
        service.service(settings.clock),
        clock=settings.clock,
        hold_seconds=settings.lease_seconds,
        patience=settings.wait,
    )


def _cloudtasks_source(address: str, settings: Settings, ledger: Ledger) -> Source:
    with _needing("google", "grpc", extra="cloudtasks"):
        from tqsdk.migrate.cloudtasks import service, source

    if settings.mode not in (None, "drain"):
        raise MoveError("a queue of Cloud Tasks can only be drained")
    queue = source.queue_of(address)
    return source.CloudTasksSource(service.client(), queue, ledger, batch=settings.batch)


def _cloudtasks_target(address: str, settings: Settings) -> Target:
    with _needing("google", "grpc", extra="cloudtasks"):
        from tqsdk.migrate.cloudtasks import service, target

    return target.target(address, service.client(), settings.clock)


def _cloudtasks_reading(address: str, settings: Settings) -> Reading:
    with _needing("google", "grpc", extra="cloudtasks"):
        from tqsdk.migrate.cloudtasks import service, source

    return source.reading(service.client(), source.queue_of(address))


@contextmanager
def _needing(*libraries: str, extra: str) -> Generator[None]:
    """Have a library that is not installed be an error that says what installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in libraries:
            raise
        raise MissingLibraryError(error.name, extra) from error


_SERVERS = ("tq", "tq+http", "tq+https")
_POSTGRES = ("postgresql", "postgres")

SOURCES: dict[str, OpenSource] = {
    "file": _file_source,
    **dict.fromkeys(_SERVERS, _server_source),
    **dict.fromkeys(_POSTGRES, _postgres_source),
    "pubsub": _pubsub_source,
    "cloudtasks": _cloudtasks_source,
}

TARGETS: dict[str, OpenTarget] = {
    "file": _file_target,
    **dict.fromkeys(_SERVERS, _server_target),
    **dict.fromkeys(_POSTGRES, _postgres_target),
    "pubsub": _pubsub_target,
    "cloudtasks": _cloudtasks_target,
}

READINGS: dict[str, OpenReading] = {
    "file": _file_reading,
    **dict.fromkeys(_SERVERS, _server_reading),
    **dict.fromkeys(_POSTGRES, _postgres_reading),
    "pubsub": _pubsub_reading,
    "cloudtasks": _cloudtasks_reading,
}
