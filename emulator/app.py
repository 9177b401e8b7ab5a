"""The service as a Flask application, for tests and for any WSGI server with one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Flask, Response, request

from emulator.config import AuthMode, LimitsName, Settings
from emulator.engine.clock import Clock
from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Store, Work
from emulator.rest import messages
from emulator.rest.door import Door
from emulator.service import Service, open_service
from emulator.storage.sqlite_file import Durability
from emulator.wsgi_spoiling import has_relay, spoiled


def create_app(
    *,
    store: str = "sqlite://",
    durability: Durability = "full",
    queues: str | Path | None = None,
    auto_create: bool | None = None,
    limits: LimitsName = "standard",
    partition: str = "s",
    tombstone_days: float = 7,
    auth: AuthMode = "open",
    tokens: str | Path | None = None,
    google_audiences: Sequence[str] = (),
    allowed_hosts: Sequence[str] | None = None,
    cors: Sequence[str] = (),
    jsonp: bool = False,
    control: bool = False,
    control_token: str | None = None,
    reset_clock: bool = False,
    journal: int | None = None,
    clock: Clock | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Flask:
    """The emulator as a Flask application, for tests and for any WSGI server with one process.

    The arguments are those of ``tq-emulator serve`` (see ``emulator.config.Settings``), but without
    any the tasks are kept in memory and no queue file is looked for, and an open application
    answers to any host name and any page. To have it refuse as an open server does, give
    *allowed_hosts*, if only ``()``.

    With *control*, a fault that holds an answer back calls *sleep*, in seconds; one that loses the
    answer raises ConnectionResetError or TimeoutError out of the application.

    ``app.extensions["taskqueue"]`` is the ``Service``; close its store when done.

    Raises:
        SettingsError: An argument has a value that it cannot have, the tokens file cannot be used,
            or a library that the arguments need is not installed.
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
        auth=auth,
        tokens=None if tokens is None else Path(tokens),
        google_audiences=tuple(google_audiences),
        allowed_hosts=tuple(allowed_hosts or ()),
        cors=tuple(cors),
        insecure=allowed_hosts is None,
        jsonp=jsonp,
        control=control,
        control_token=control_token,
        reset_clock=reset_clock,
        journal=journal,
    )
    return flask_app(open_service(settings, clock=clock), sleep=sleep)


def flask_app(service: Service, *, sleep: Callable[[float], None] = time.sleep) -> Flask:
    """Mount *service* in a Flask application of its own; see ``create_app`` for *sleep*."""
    app = Flask("emulator", static_folder=None)
    app.extensions["taskqueue"] = service

    # Before Flask's routing, which would answer some paths with HTML or a redirect of its own.
    @app.before_request
    def answer() -> Response:
        made = _settled(service, _message(service.door))
        if isinstance(made, messages.Spoiled):
            plain = _flask_response(made.response)
            return spoiled(plain, made, relayed=has_relay(request.headers), sleep=sleep)
        return _flask_response(made)

    return app


def _settled(service: Service, message: messages.Request) -> messages.Made | messages.Stream:
    """Let the calling thread wait for the store."""
    answer = service.door(message)
    if isinstance(answer, messages.Pending):
        return answer.render(_outcome(service.store, answer.work))
    return answer.run() if isinstance(answer, messages.Job) else answer


def _outcome(store: Store, work: Work[object]) -> Outcome[object]:
    try:
        return Outcome(store.run(work))
    except EngineError as error:
        return Outcome(error=error)


def _message(door: Door) -> messages.Request:
    """Flask's current request, as the door knows requests."""
    environ = request.environ
    return messages.Request(
        verb=environ["REQUEST_METHOD"],  # as it came; Flask's is in capitals whatever came
        # WSGI hands the path's bytes on as Latin-1.
        path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape"),
        query=environ.get("QUERY_STRING", ""),
        headers=request.headers,
        body=_body(door.most_bytes(request.path)),
        scheme=request.scheme,
        peer=environ.get("REMOTE_ADDR", ""),
    )


def _body(most: int) -> bytes | None:
    if (request.content_length or 0) > most:
        return None
    body = request.stream.read(most + 1)
    return body if len(body) <= most else None


def _flask_response(made: messages.Response | messages.Stream) -> Response:
    if isinstance(made, messages.Stream):
        return Response(made.chunks, made.head.status, list(made.head.headers))
    response = made
    answer = Response(response.body, response.status, list(response.headers))
    if not any(name == "content-type" for name, _ in response.headers):
        del answer.headers["content-type"]
    return answer
