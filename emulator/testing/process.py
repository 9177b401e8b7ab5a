"""A real ``tq-emulator serve`` in a process of its own, started, talked to and killed.

It ends with this one, however this one ends: see ``leash``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


class ServerStartError(Exception):
    """A server ended before it answered; the message is what it said."""


class ServerProcess:
    """A server on a free port of this machine; it answers when this is made.

    Attributes:
        url: Where it is, without a path.
        said: What it wrote to standard error, once it has ended.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        """Start it.

        Args:
            folder: Its working directory, where its store is unless *options* say otherwise.
            options: Of ``tq-emulator serve``. Nothing is taken from the environment.

        Raises:
            ServerStartError: It did not start.
        """
        self.said = ""
        # A pipe that nobody reads would fill up, and hold the server.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            # Safe: whatever modules lie in the folder, they are not taken for ours.
            [
                sys.executable,
                "-P",
                "-m",
                "emulator.testing.leash",
                "serve",
                "--port",
                "0",
                *options,
            ],
            cwd=folder,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("Listening on "):
            self.kill()
            said = self.said.removeprefix("tq-emulator: ")
            raise ServerStartError(said or f"the server said {line!r}")
        self.url = line.removeprefix("Listening on ").strip()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._process.kill()
        self._reap()

    def stop(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        self._process.send_signal(number)
        return self._reap()

    def _reap(self) -> int:
        # The pipes are closed afterwards: to close its input is to tell it to end.
        with self._process:
            self._process.wait(timeout=30)
        if not self._errors.closed:
            self._errors.seek(0)
            self.said = self._errors.read().decode(errors="replace").strip()
            self._errors.close()
        return self._process.returncode


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with *variables*."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TQ_")}
    return {**clean, **variables}
