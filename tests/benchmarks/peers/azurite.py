"""Azurite's queue service, Microsoft's emulator of Azure Storage. It keeps messages in memory and
on disk, and flushes nothing before it answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from tests.benchmarks.errors import AbsentError, SpoiledError
from tests.benchmarks.payload import PAYLOAD_BYTES, text
from tests.benchmarks.running import answers_http
from tests.benchmarks.wrk import Load

_ACCOUNT = "devstoreaccount1"
# Not a secret: the key that Azurite documents for its one built-in account.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_QUEUE = f"/{_ACCOUNT}/bench"
_XML = {"Content-Type": "application/xml"}
LEASE_SIZE = 32
"""How many messages it gives at most."""

LARGEST_PAYLOAD = 48 * 1024
"""In bytes: a message has 64 KiB of text."""


@dataclass(frozen=True, slots=True)
class Azurite:
    """Azurite's queue service.

    Attributes:
        folder: Where npm installs it.
        defaults: Whether it logs every request, as it does when nobody asks for silence.
    """

    folder: Path
    defaults: bool = False

    @property
    def name(self) -> str:
        return "azurite-defaults" if self.defaults else "azurite"

    def obtain(self) -> None:
        if self._installed.exists():
            return
        if shutil.which("npm") is None:
            raise AbsentError("no npm: apt-get install npm")
        done = subprocess.run(
            ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(self.folder), "azurite"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AbsentError(f"npm install azurite failed: {done.stderr.strip()[-200:]}")
        self._installed.touch()

    def version(self) -> str:
        package = self.folder / "node_modules" / "azurite" / "package.json"
        return f"azurite {json.loads(package.read_text())['version']}"

    def command(self, folder: Path, port: int) -> list[str]:
        # A benchmark sends nobody anything, so that telemetry is off by default too.
        where = ("--queueHost", "127.0.0.1", "--queuePort", str(port), "--disableTelemetry")
        silent = () if self.defaults else ("--silent",)
        return [str(self._program), *where, "--location", str(folder), *silent]

    def answers(self, port: int) -> bool:
        return answers_http(port)

    def make_queue(self, port: int) -> None:
        with closing(_connection(port)) as connection:
            _send(connection, "PUT", f"{_QUEUE}?{_signature()}", b"")

    @property
    def _program(self) -> Path:
        return self.folder / "node_modules" / ".bin" / "azurite-queue"

    @property
    def _installed(self) -> Path:
        """Made once npm is done, so that half an installation is not taken for one."""
        return self.folder / ".installed"


def insert(size: int = PAYLOAD_BYTES) -> Load:
    """One message per request."""
    return Load(f"{_QUEUE}/messages?{_signature()}", headers=_XML, body=_message(size))


def consume() -> Load:
    """Get one message, delete it."""
    return Load(f"{_QUEUE}/messages?{_signature()}", script="consume.lua", peer="azurite.lua")


def mixed() -> Load:
    """Put, get and delete, all at once."""
    return Load(
        f"{_QUEUE}/messages?{_signature()}",
        headers=_XML,
        body=_message(PAYLOAD_BYTES),
        script="mixed.lua",
        peer="azurite.lua",
    )


def lease(count: int = LEASE_SIZE) -> Load:
    """*count* messages per request, for as short as it can: one second."""
    return Load(
        f"{_QUEUE}/messages?numofmessages={count}&visibilitytimeout=1&{_signature()}",
        verb="GET",
        script="lease.lua",
        peer="azurite.lua",
    )


def fill(port: int, count: int, *, size: int = PAYLOAD_BYTES) -> None:
    """Put *count* messages into the queue."""
    message = _message(size)
    with closing(_connection(port)) as connection:
        for _ in range(count):
            _send(connection, "POST", f"{_QUEUE}/messages?{_signature()}", message)


def _message(size: int) -> bytes:
    return f"<QueueMessage><MessageText>{text(size)}</MessageText></QueueMessage>".encode()


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def _send(connection: http.client.HTTPConnection, verb: str, path: str, body: bytes) -> None:
    connection.request(verb, path, body, _XML)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise SpoiledError(f"Azurite answered {answer.status} to {verb}: {said[:200]!r}")


@cache
def _signature() -> str:
    """The query of a shared access signature for everything the account has."""
    allowed = {"sv": "2019-12-12", "ss": "q", "srt": "sco", "sp": "rwdlacup"}
    end = "2099-01-01T00:00:00Z"
    lines = (_ACCOUNT, allowed["sp"], "q", "sco", "", end, "", "", allowed["sv"], "")
    digest = hmac.digest(base64.b64decode(_KEY), "\n".join(lines).encode(), hashlib.sha256)
    return urlencode({**allowed, "se": end, "sig": base64.b64encode(digest).decode()})
