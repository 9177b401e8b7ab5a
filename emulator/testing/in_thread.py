"""A server on an event loop of its own, in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

from emulator.config import Settings
from emulator.engine.clock import Clock
from emulator.serve import address_of, answering, listening
from emulator.service import Service


@dataclass(frozen=True, slots=True)
class _Started:
    service: Service
    loop: asyncio.AbstractEventLoop
    stopped: asyncio.Event


@contextmanager
def serving_in_thread(
    settings: Settings, *, port: int, clock: Clock | None
) -> Iterator[tuple[str, Service]]:
    """Serve until the block ends; gives the URL and what is served there.

    Args:
        settings: What to serve.
        port: 0 is any free one.
        clock: None is the machine's.

    Raises:
        SettingsError, QueueFileError, StoreOpenError: See ``emulator.service.open_service``.
    """
    with listening("127.0.0.1", port) as listener:
        url = address_of(listener)
        starting: Future[_Started] = Future()
        thread = Thread(
            target=lambda: asyncio.run(_serve(settings, listener, clock, starting)),
            name="tq-emulator",
            daemon=True,
        )
        thread.start()
        started = starting.result()
        try:
            yield url, started.service
        finally:
            started.loop.call_soon_threadsafe(started.stopped.set)
            thread.join()


async def _serve(
    settings: Settings,
    listener: socket.socket,
    clock: Clock | None,
    starting: Future[_Started],
) -> None:
    stopped = asyncio.Event()
    try:
        async with answering(settings, listener, clock=clock) as service:
            starting.set_result(_Started(service, asyncio.get_running_loop(), stopped))
            await stopped.wait()
    except Exception as error:
        if starting.done():
            raise
        starting.set_exception(error)
