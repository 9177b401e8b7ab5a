"""A server for as long as a block runs."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, Unpack

from emulator.config import SettingsError
from emulator.engine.clock import Clock
from emulator.service import Service, open_service
from emulator.testing.calling import ControlApi, into, over_http
from emulator.testing.in_thread import serving_in_thread
from emulator.testing.options import ServerOptions, arguments, settings_of
from emulator.testing.process import ServerProcess
from emulator.testing.server import Server

if TYPE_CHECKING:
    from flask import Flask

Mode: TypeAlias = Literal["thread", "process", "wsgi"]


@contextmanager
def running(
    *,
    mode: Mode = "thread",
    port: int = 0,
    on_disk: bool = False,
    clock: Clock | None = None,
    **options: Unpack[ServerOptions],
) -> Iterator[Server]:
    """Run a server, with its control API, until the block ends.

    Its store is fresh and in memory, its queues spring into being, and it listens on 127.0.0.1
    alone, unless something else is asked for.

    Args:
        mode: ``thread`` is an event loop in a thread of this process, there in milliseconds;
            ``process`` is ``tq-emulator serve`` in a process of its own, which ends with this one;
            ``wsgi`` has no port: the server is an application that the caller's threads run.
        port: 0 is any free one.
        on_disk: Keep the tasks in a file that goes with the server.
        clock: What time it has instead of the machine's; not for ``process``.
        options: The settings of ``tq-emulator serve``; see ``ServerOptions``.

    Raises:
        SettingsError: An argument has a value that it cannot have, or the port cannot be had.
        QueueFileError: The queue file is missing or wrong.
        StoreOpenError: The store cannot be opened.
        ServerStartError: The server's process said one of these.
    """
    with tempfile.TemporaryDirectory(prefix="tq-emulator-") as name:
        folder = Path(name)
        if on_disk:
            options = _with_file(options, folder)
        token = options.get("control_token")
        match mode:
            case "thread":
                settings = settings_of(options, folder)
                with serving_in_thread(settings, port=port, clock=clock) as (url, service):
                    call = ControlApi(over_http(url), token=token)
                    yield Server(call, url=url, application=lambda: _application(service))
            case "process":
                if clock is not None:
                    raise SettingsError("a server in a process of its own cannot have this clock")
                settings = settings_of(options, folder)
                process = ServerProcess(folder, "--port", str(port), *arguments(settings))
                try:
                    call = ControlApi(over_http(process.url), token=token)
                    yield Server(call, url=process.url, application=None)
                finally:
                    process.stop(signal.SIGTERM)
            case "wsgi":
                # Nobody can reach it from outside, so it need not look who calls.
                settings = settings_of({"insecure": True, **options}, folder)
                service = open_service(settings, clock=clock)
                try:
                    application = _application(service)
                    call = ControlApi(into(application), token=token)
                    yield Server(call, url=None, application=lambda: application)
                finally:
                    service.store.close()
            case _:
                raise SettingsError(f"mode {mode!r}: use thread, process or wsgi")


def _with_file(options: ServerOptions, folder: Path) -> ServerOptions:
    if "store" in options:
        raise SettingsError("on_disk makes a file, and store names one: give one of them")
    return {**options, "store": folder / "taskqueue.db"}


def _application(service: Service) -> Flask:
    from emulator.app import flask_app  # a third of the time in which a server starts

    return flask_app(service)
