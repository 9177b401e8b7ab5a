"""Ours: ``tq-emulator serve`` with its defaults, so every answer is on the disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.benchmarks.payload import PAYLOAD_BYTES, url_safe_text
from tests.benchmarks.peers import output
from tests.benchmarks.running import answers_http
from tests.benchmarks.wrk import Load

_TQ_EMULATOR = str(Path(sys.executable).with_name("tq-emulator"))
_TASKS = "/taskqueue/v1beta2/projects/s~bench/taskqueues/bench/tasks"
_JSON = {"Content-Type": "application/json"}
_BOUNDARY = "part"

STORE_FILE = "taskqueue.db"
BATCH_SIZE = 100


@dataclass(frozen=True, slots=True)
class Ours:
    """The emulator.

    Attributes:
        tokens: Whether callers need a token, as with ``--auth tokens``.
        journal: How many requests its journal keeps, as with ``--control``; None is no control.
    """

    tokens: bool = False
    journal: int | None = None

    @property
    def name(self) -> str:
        if self.journal is not None:
            return "ours-journal"
        return "ours-tokens" if self.tokens else "ours"

    def obtain(self) -> None:
        pass

    def version(self) -> str:
        return output(_TQ_EMULATOR, "--version")

    def command(self, folder: Path, port: int) -> list[str]:
        command = [_TQ_EMULATOR, "serve", "--port", str(port), "--durability", "full"]
        if self.tokens:
            (folder / "token").write_text(_add_token(folder / "tokens"))
            command += ["--auth", "tokens", "--tokens", str(folder / "tokens")]
        if self.journal is not None:
            command += ["--control", "--journal", str(self.journal)]
        return command

    def answers(self, port: int) -> bool:
        return answers_http(port, "/readyz")

    def make_queue(self, port: int) -> None:
        """Nothing: queues spring into being on first use."""


def insert(size: int = PAYLOAD_BYTES, *, folder: Path | None = None) -> Load:
    """One task per request; *folder* is that of a server that asks for tokens."""
    headers = dict(_JSON)
    if folder is not None:
        headers["Authorization"] = f"Bearer {(folder / 'token').read_text()}"
    return Load(_TASKS, headers=headers, body=_task(size))


def insert_batch(count: int = BATCH_SIZE) -> Load:
    """*count* inserts in one batch call."""
    part = _part("POST", _TASKS, b"Content-Type: application/json\r\n", _task(PAYLOAD_BYTES))
    return _batch([part] * count)


def delete_batch(names: Sequence[str]) -> Load:
    """The deletion of *names* in one batch call."""
    return _batch([_part("DELETE", f"{_TASKS}/{name}") for name in names])


def consume() -> Load:
    """Lease one task, delete it."""
    return Load(_TASKS, script="consume.lua", peer="ours.lua")


def mixed() -> Load:
    """Insert, lease and delete, all at once."""
    body = _task(PAYLOAD_BYTES)
    return Load(_TASKS, headers=_JSON, body=body, script="mixed.lua", peer="ours.lua")


def lease(count: int, *, seconds: int = 0, tag: str | None = None) -> Load:
    """*count* tasks per request, the oldest of *tag* if one is given.

    For no time at all by default, so that the backlog stays what it was.
    """
    chosen = f"&groupByTag=true&tag={tag}" if tag else ""
    path = f"{_TASKS}/lease?numTasks={count}&leaseSecs={seconds}{chosen}"
    return Load(path, script="lease.lua", peer="ours.lua")


def _batch(parts: Sequence[bytes]) -> Load:
    boundary = _BOUNDARY.encode()
    body = b"".join(b"--%s\r\n%s" % (boundary, part) for part in parts)
    return Load(
        "/batch/taskqueue/v1beta2",
        headers={"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}"},
        body=body + b"--%s--\r\n" % boundary,
    )


def _part(verb: str, path: str, headers: bytes = b"", body: bytes = b"") -> bytes:
    request = b"%s %s HTTP/1.1\r\n%s\r\n%s" % (verb.encode(), path.encode(), headers, body)
    return b"Content-Type: application/http\r\n\r\n%s\r\n" % request


def _task(size: int) -> bytes:
    return msgspec.json.encode({"queueName": "bench", "payloadBase64": url_safe_text(size)})


def _add_token(file: Path) -> str:
    command = [_TQ_EMULATOR, "tokens", "add", "--file", str(file), "--email", "bench@example.com"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]
