"""The Pub/Sub emulator over REST. Google gives it out only with its SDK, so a machine that has it
says where: ``--pubsub PATH``. It keeps everything in memory.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.errors import AbsentError
from tests.benchmarks.payload import TEXT
from tests.benchmarks.running import answers_http
from tests.benchmarks.wrk import Load

_TOPIC = "/v1/projects/bench/topics/bench"
_JSON = {"Content-Type": "application/json"}

# Java compiles what it runs often: measured cold, it would look several times slower.
WARM_SECONDS = 15


@dataclass(frozen=True, slots=True)
class PubSub:
    """Google's emulator.

    Attributes:
        program: The script ``cloud-pubsub-emulator``; None where nobody said.
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
        return f"{self.program}"

    def command(self, folder: Path, port: int) -> list[str]:
        return [str(self.program), "--host=127.0.0.1", f"--port={port}", f"--data-dir={folder}"]

    def answers(self, port: int) -> bool:
        return answers_http(port)

    def make_queue(self, port: int) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{_TOPIC}", data=b"{}", method="PUT", headers=_JSON
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()


def publish() -> Load:
    """One message per request."""
    body = json.dumps({"messages": [{"data": TEXT}]}).encode()
    return Load(f"{_TOPIC}:publish", headers=_JSON, body=body)
