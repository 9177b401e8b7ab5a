"""The Pub/Sub emulator over REST: a topic with one subscription. It keeps everything in memory.

Google gives it out only with its SDK. A machine that has the SDK's ``gcloud`` on its path has it
found; another says where it is: ``--pubsub PATH``.
"""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.errors import AbsentError
from tests.benchmarks.payload import text
from tests.benchmarks.running import answers_http
from tests.benchmarks.wrk import Load

_TOPIC = "/v1/projects/bench/topics/bench"
_SUBSCRIPTION = "/v1/projects/bench/subscriptions/bench"
_JSON = {"Content-Type": "application/json"}

# As many messages as one publish may have.
_MOST_PER_CALL = 1_000

# Java compiles what it runs often: measured cold, it would look several times slower.
WARM_SECONDS = 15


@dataclass(frozen=True, slots=True)
class PubSub:
    """Google's emulator.

    Attributes:
        program: The script ``cloud-pubsub-emulator``; None where there is none.
    """

    program: Path | None

    @property
    def name(self) -> str:
        return "pubsub"

    def obtain(self) -> None:
        if self.program is None or not self.program.exists():
            raise AbsentError(
                "no Pub/Sub emulator: it comes only with Google's SDK; give"
                " --pubsub PATH/cloud-pubsub-emulator"
            )

    def version(self) -> str:
        # The program itself does not say; the name of what it starts does.
        assert self.program is not None
        found = sorted((self.program.parents[1] / "lib").glob("cloud-pubsub-emulator-*.jar"))
        return found[0].stem if found else "cloud-pubsub-emulator of unknown version"

    def command(self, folder: Path, port: int) -> list[str]:
        return [str(self.program), "--host=127.0.0.1", f"--port={port}", f"--data-dir={folder}"]

    def answers(self, port: int) -> bool:
        return answers_http(port)

    def make_queue(self, port: int) -> None:
        _send(port, "PUT", _TOPIC, {})
        topic = _TOPIC.removeprefix("/v1/")
        _send(port, "PUT", _SUBSCRIPTION, {"topic": topic, "ackDeadlineSeconds": 600})


def find_program() -> Path | None:
    """Where Google's SDK keeps the emulator, if both are here."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    program = Path("platform", "pubsub-emulator", "bin", "cloud-pubsub-emulator")
    found = Path(gcloud).resolve().parents[1] / program
    return found if found.exists() else None


def publish(count: int = 1) -> Load:
    """*count* messages per request, of which one may have up to a thousand."""
    return Load(f"{_TOPIC}:publish", headers=_JSON, body=_messages(count))


def consume() -> Load:
    """Pull one message, acknowledge it."""
    return Load(f"{_SUBSCRIPTION}:pull", script="consume.lua", peer="pubsub.lua")


def mixed() -> Load:
    """Publish, pull and acknowledge, all at once."""
    return Load(
        f"{_TOPIC}:publish",
        headers=_JSON,
        body=_messages(1),
        script="mixed.lua",
        peer="pubsub.lua",
    )


def fill(port: int, count: int) -> None:
    """Put *count* messages into the queue."""
    for start in range(0, count, _MOST_PER_CALL):
        body = _messages(min(_MOST_PER_CALL, count - start))
        _post(port, "POST", f"{_TOPIC}:publish", body)


def _messages(count: int) -> bytes:
    return json.dumps({"messages": [{"data": text()}] * count}).encode()


def _send(port: int, verb: str, path: str, value: Mapping[str, Any]) -> None:
    _post(port, verb, path, json.dumps(value).encode())


def _post(port: int, verb: str, path: str, body: bytes) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=body, method=verb, headers=_JSON
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()
