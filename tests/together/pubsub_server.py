"""The Pub/Sub emulator of Google's SDK, for tests; it keeps everything in memory."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.peers.pubsub import find_program
from tests.benchmarks.running import free_port


class AbsentError(Exception):
    """It is not on this machine."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The emulator for the block; its HOST:PORT.

    Raises:
        AbsentError: There is none.
    """
    program = find_program()
    if program is None:
        raise AbsentError("no Pub/Sub emulator: it comes only with Google's SDK")
    port = free_port()
    command = [program, "--host=127.0.0.1", f"--port={port}", f"--data-dir={folder}"]
    # A session of its own: the program is a script, and Java runs below it.
    server = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert server.stderr is not None
    try:
        with server.stderr as lines:
            if not any("Server started" in line for line in lines):
                raise RuntimeError("the Pub/Sub emulator has ended before it was ready")
            yield f"127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)
