"""The one place where the parts are chosen and joined; and the Flask application over them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request

from emulator.config import LimitsName, Settings, read_queues, sqlite_path
from emulator.engine.clock import Clock, SystemClock
from emulator.engine.engine import Engine
from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Store, Work
from emulator.rest import messages
from emulator.rest.door import Door
from emulator.storage.sqlite import Durability, open_sqlite

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """A whole emulator without a server: a front door, and the store behind it."""

    door: Door
    store: Store


def open_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    """Join the parts.

    Args:
        settings: What the user chose.
        clock: For tests; by default the machine's.

    Raises:
        SettingsError: The store's address is none.
        QueueFileError: The queue file is missing or wrong.
        StoreOpenError: The store cannot be opened.
    """
    path = sqlite_path(settings.store)
    queues, warnings = read_queues(settings.queues, auto_create=settings.auto_create)
    for warning in warnings:
        logger.warning("%s", warning)
    engine = Engine(
        clock or SystemClock(),
        queues=queues,
        limits=settings.engine_limits,
        tombstone_seconds=settings.tombstone_seconds,
    )
    door = Door(engine, partition=settings.partition)
    return Service(door, open_sqlite(path, durability=settings.durability))


def create_app(
    *,
    store: str = "sqlite://",
    durability: Durability = "full",
    queues: str | Path | None = None,
    auto_create: bool | None = None,
    limits: LimitsName = "standard",
    partition: str = "s",
    tombstone_days: float = 7,
    clock: Clock | None = None,
) -> Flask:
    """The emulator as a Flask application, for tests and for any WSGI server with one process.

    The arguments are those of ``tq-emulator serve`` (see ``emulator.config.Settings``), but without
    any the tasks are kept in memory and no queue file is looked for.

    ``app.extensions["taskqueue"]`` is the ``Service``; close its store when done.

    Raises:
        SettingsError: An argument has a value that it cannot have.
        QueueFileError: The queue file is missing or wrong.
        StoreOpenError: The store cannot be opened.
    """
    settings = Settings(
        store=store,
        durability=durability,
        queues=None if queues is None else Path(queues),
        auto_create=auto_create,
        limits=limits,
        partition=partition,
        tombstone_days=tombstone_days,
    )
    return flask_app(open_service(settings, clock=clock))


def flask_app(service: Service) -> Flask:
    """Mount *service* in a Flask application of its own."""
    app = Flask("emulator", static_folder=None)
    app.extensions["taskqueue"] = service

    # Before Flask's routing, which would answer some paths with HTML or a redirect of its own.
    @app.before_request
    def answer() -> Response:
        return _flask_response(_settled(service, _message(service.door)))

    return app


def _settled(service: Service, message: messages.Request) -> messages.Response:
    """Let the calling thread wait for the store."""
    answer = service.door(message)
    if isinstance(answer, messages.Pending):
        return answer.render(_outcome(service.store, answer.work))
    return answer


def _outcome(store: Store, work: Work[object]) -> Outcome[object]:
    try:
        return Outcome(store.run(work))
    except EngineError as error:
        return Outcome(error=error)


def _message(door: Door) -> messages.Request:
    """Flask's current request, as the door knows requests."""
    environ = request.environ
    return messages.Request(
        verb=request.method,
        # WSGI hands the path's bytes on as Latin-1.
        path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape"),
        query=environ.get("QUERY_STRING", ""),
        headers=request.headers,
        body=_body(door.most_bytes(request.path)),
        scheme=request.scheme,
    )


def _body(most: int) -> bytes | None:
    if (request.content_length or 0) > most:
        return None
    body = request.stream.read(most + 1)
    return body if len(body) <= most else None


def _flask_response(response: messages.Response) -> Response:
    answer = Response(response.body, response.status, list(response.headers))
    if not response.body:
        del answer.headers["content-type"]
    return answer
