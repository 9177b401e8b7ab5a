"""Two servers of ours, started as commands, with faults; and one time for them and the programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import requests

from tqsdk.errors import ConfigError
from tqsdk.testing import VirtualClock

_COMMAND = "tq-emulator"
_OPTIONS = ("--control", "--port", "0", "--durability", "off", "--journal", "0")
_LISTENING = "Listening on "
_CONTROL = "/_emulator/v1"
_TIMEOUT = 30.0  # seconds, of the machine's time
_BEGIN = datetime(2040, 1, 1, tzinfo=UTC)  # a server's time only goes forward


class Server:
    """A server whose time and faults are ours, by its control API.

    Args:
        url: Of the server; the process is somebody else's.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()

    def stop_time(self, now: datetime) -> None:
        """Have its clock stand still, at *now*."""
        self._call("POST", "/clock/freeze")
        self._call("POST", f"/clock/set?time={round(now.timestamp() * 1_000_000)}")

    def advance(self, seconds: float) -> None:
        self._call("POST", f"/clock/advance?seconds={seconds:.6f}")

    def total_tasks(self, project: str, queue: str) -> int:
        """How many tasks a queue has, leased and delayed ones too; asked past all faults."""
        queues = self._call("GET", "/queues").get("items", [])
        wanted = (project, queue)
        return sum(int(q.get("tasks", 0)) for q in queues if (q["project"], q["name"]) == wanted)

    def add_fault(self, **members: object) -> None:
        """Have calls fail; the members are those of docs/test-kit-faults.md."""
        self._call("POST", "/faults", members)

    def hits(self) -> int:
        """How many calls have failed because they were told to."""
        faults = self._call("GET", "/faults").get("items", [])
        return sum(int(fault.get("hits", 0)) for fault in faults)

    def remove_faults(self) -> None:
        self._call("DELETE", "/faults")

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = self._session.request(
            method, self.url + _CONTROL + path, json=body, timeout=_TIMEOUT
        )
        if answer.status_code >= 300:
            raise ConfigError(f"{self.url}{_CONTROL}{path}: {answer.status_code} {answer.text}")
        members: dict[str, Any] = answer.json() if answer.content else {}
        return members


class SharedClock(VirtualClock):
    """One time for programs and servers: it moves when told to, for all of them.

    Args:
        servers: Whose clocks are set, and stopped.
    """

    def __init__(self, *servers: Server) -> None:
        super().__init__(_BEGIN)
        self._servers = servers
        for server in servers:
            server.stop_time(_BEGIN)

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        for server in self._servers:
            server.advance(seconds)


@contextmanager
def started(folder: Path) -> Generator[tuple[Server, Server]]:
    """Two servers, old and new, that keep their tasks below *folder*.

    Raises:
        ConfigError: The command is not installed, or does not start.
    """
    with ExitStack() as stack:
        old, new = (stack.enter_context(_serving(folder / name)) for name in ("old", "new"))
        yield old, new


@contextmanager
def _serving(folder: Path) -> Generator[Server]:
    folder.mkdir()
    store = f"sqlite:///{folder / 'tasks.db'}"
    # It inherits no settings of a server that somebody else may run here.
    environ = {name: value for name, value in os.environ.items() if "TQ_EMULATOR" not in name}
    with (
        (folder / "errors").open("w+") as errors,
        subprocess.Popen(
            [_command(), "serve", "--store", store, *_OPTIONS],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            server = Server(_url(process, errors))
            yield server
            server.close()
        finally:
            process.kill()


def _url(process: subprocess.Popen[str], errors: TextIO) -> str:
    assert process.stdout is not None
    said = process.stdout.readline()
    if said.startswith(_LISTENING):
        return said.removeprefix(_LISTENING).strip()
    process.wait()
    errors.seek(0)
    raise ConfigError(f"{_COMMAND} does not start: {errors.read().strip() or said}")


def _command() -> str:
    """The command, beside this Python or on the path."""
    beside = Path(sys.executable).with_name(_COMMAND)
    found = str(beside) if beside.exists() else shutil.which(_COMMAND)
    if found is None:
        raise ConfigError(
            f"{_COMMAND} is not installed: pip install 'taskqueue-sdk[emulator]', here or elsewhere"
        )
    return found
