"""Ours: ``tq-emulator serve`` with its defaults, so every answer is on the disk."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.benchmarks.payload import URL_SAFE_TEXT
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
    """

    tokens: bool = False

    @property
    def name(self) -> str:
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
        return command

    def answers(self, port: int) -> bool:
        return answers_http(port, "/readyz")

    def make_queue(self, port: int) -> None:
        """Nothing: queues spring into being on first use."""


def insert(folder: Path | None = None) -> Load:
    """One task per request; *folder* is that of a server that asks for tokens."""
    headers = dict(_JSON)
    if folder is not None:
        headers["Authorization"] = f"Bearer {(folder / 'token').read_text()}"
    return Load(_TASKS, headers=headers, body=_task())


def insert_batch() -> Load:
    """A hundred inserts in one batch call."""
    part = (
        b"Content-Type: application/http\r\n\r\n"
        b"POST %s HTTP/1.1\r\nContent-Type: application/json\r\n\r\n%s\r\n"
    ) % (_TASKS.encode(), _task())
    boundary = _BOUNDARY.encode()
    body = b"".join(b"--%s\r\n%s" % (boundary, part) for _ in range(BATCH_SIZE))
    return Load(
        "/batch/taskqueue/v1beta2",
        headers={"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}"},
        body=body + b"--%s--\r\n" % boundary,
    )


def consume() -> Load:
    """Lease one task, delete it."""
    return Load(f"{_TASKS}/lease?numTasks=1&leaseSecs=600", script="consume_ours.lua")


def lease_many() -> Load:
    """A hundred tasks per request, for no time at all, so that the backlog stays what it was."""
    return Load(f"{_TASKS}/lease?numTasks=100&leaseSecs=0", script="lease_ours.lua")


def lease_one(tag: str | None = None) -> Load:
    """One task per request, for no time at all; with *tag*, the oldest that has it."""
    chosen = f"&groupByTag=true&tag={tag}" if tag else ""
    return Load(f"{_TASKS}/lease?numTasks=1&leaseSecs=0{chosen}", script="lease_ours.lua")


def _task() -> bytes:
    return msgspec.json.encode({"queueName": "bench", "payloadBase64": URL_SAFE_TEXT})


def _add_token(file: Path) -> str:
    command = [_TQ_EMULATOR, "tokens", "add", "--file", str(file), "--email", "bench@example.com"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]
