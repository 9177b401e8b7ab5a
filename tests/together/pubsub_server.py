"""The Pub/Sub emulator of Google's SDK, for tests; it keeps everything in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.errors import AbsentError
from tests.benchmarks.peers.pubsub import PubSub, find_program
from tests.benchmarks.running import free_port
from tests.benchmarks.running import running as running_process


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The emulator for the block; its HOST:PORT.

    Raises:
        AbsentError: There is none on this machine.
    """
    emulator = PubSub(find_program())
    emulator.obtain()
    port = free_port()
    command = emulator.command(folder, port)
    with running_process(command, folder=folder, port=port, answers=emulator.answers):
        yield f"127.0.0.1:{port}"


__all__ = ["AbsentError", "running"]
