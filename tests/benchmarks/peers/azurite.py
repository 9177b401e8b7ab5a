"""Azurite's queue service, Microsoft's emulator of Azure Storage. It keeps messages in memory and
on disk, and flushes nothing before it answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.benchmarks.errors import AbsentError
from tests.benchmarks.payload import TEXT
from tests.benchmarks.running import answers_http
from tests.benchmarks.wrk import Load

_ACCOUNT = "devstoreaccount1"
# Not a secret: the key that Azurite documents for its one built-in account.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_QUEUE = f"/{_ACCOUNT}/bench"
_XML = {"Content-Type": "application/xml"}
_MESSAGE = f"<QueueMessage><MessageText>{TEXT}</MessageText></QueueMessage>".encode()

LEASE_SIZE = 32


@dataclass(frozen=True, slots=True)
class Azurite:
    """Azurite's queue service.

    Attributes:
        folder: Where npm installs it.
    """

    folder: Path

    @property
    def name(self) -> str:
        return "azurite"

    def obtain(self) -> None:
        if self._program.exists():
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

    def version(self) -> str:
        package = self.folder / "node_modules" / "azurite" / "package.json"
        return f"azurite {json.loads(package.read_text())['version']}"

    def command(self, folder: Path, port: int) -> list[str]:
        return [
            *(str(self._program), "--queueHost", "127.0.0.1", "--queuePort", str(port)),
            *("--location", str(folder), "--silent", "--disableTelemetry"),
        ]

    def answers(self, port: int) -> bool:
        return answers_http(port)

    def make_queue(self, port: int) -> None:
        _send(port, "PUT", f"{_QUEUE}?{_signature()}", b"")

    @property
    def _program(self) -> Path:
        return self.folder / "node_modules" / ".bin" / "azurite-queue"


def insert() -> Load:
    """One message per request."""
    return Load(f"{_QUEUE}/messages?{_signature()}", headers=_XML, body=_MESSAGE)


def consume() -> Load:
    """Get one message, delete it."""
    return Load(
        f"{_QUEUE}/messages?numofmessages=1&visibilitytimeout=600&{_signature()}",
        verb="GET",
        script="consume_azurite.lua",
    )


def lease_many() -> Load:
    """As many messages per request as it gives, for as short as it can: one second."""
    return Load(
        f"{_QUEUE}/messages?numofmessages={LEASE_SIZE}&visibilitytimeout=1&{_signature()}",
        verb="GET",
        script="lease_azurite.lua",
    )


def fill(port: int, count: int) -> None:
    """Put *count* messages into the queue."""
    for _ in range(count):
        _send(port, "POST", f"{_QUEUE}/messages?{_signature()}", _MESSAGE)


def _send(port: int, verb: str, path: str, body: bytes) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=body, method=verb, headers=_XML
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def _signature() -> str:
    """The query of a shared access signature for everything the account has."""
    allowed = {"sv": "2019-12-12", "ss": "q", "srt": "sco", "sp": "rwdlacup"}
    end = "2099-01-01T00:00:00Z"
    lines = (_ACCOUNT, allowed["sp"], "q", "sco", "", end, "", "", allowed["sv"], "")
    digest = hmac.digest(base64.b64decode(_KEY), "\n".join(lines).encode(), hashlib.sha256)
    return urlencode({**allowed, "se": end, "sig": base64.b64encode(digest).decode()})
