"""moto's server, a mock of AWS; here its SQS. It keeps everything in memory."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.benchmarks.errors import AbsentError
from tests.benchmarks.payload import text
from tests.benchmarks.peers import output
from tests.benchmarks.running import answers_http
from tests.benchmarks.wrk import Load

_FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    # moto checks no signature, but learns from here which service is meant.
    "Authorization": (
        "AWS4-HMAC-SHA256 Credential=bench/20200101/us-east-1/sqs/aws4_request,"
        " SignedHeaders=host, Signature=none"
    ),
}
_API = "2012-11-05"


@dataclass(frozen=True, slots=True)
class Moto:
    """moto's SQS.

    Attributes:
        folder: Its virtual environment.
    """

    folder: Path

    @property
    def name(self) -> str:
        return "moto"

    def obtain(self) -> None:
        if self._installed.exists():
            return
        pip = [str(self.folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        for command in (
            [sys.executable, "-m", "venv", str(self.folder)],
            [*pip, "install", "--quiet", "moto[server]"],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise AbsentError(f"{' '.join(command[1:])} failed: {done.stderr.strip()[-200:]}")
        self._installed.touch()

    def version(self) -> str:
        python = str(self.folder / "bin" / "python")
        return f"moto {output(python, '-c', 'import moto; print(moto.__version__)')}"

    def command(self, folder: Path, port: int) -> list[str]:
        return [str(self._program), "--host", "127.0.0.1", "--port", str(port)]

    def answers(self, port: int) -> bool:
        return answers_http(port)

    def make_queue(self, port: int) -> None:
        form = urlencode({"Action": "CreateQueue", "QueueName": "bench", "Version": _API})
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/", data=form.encode(), headers=_FORM
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    @property
    def _program(self) -> Path:
        return self.folder / "bin" / "moto_server"

    @property
    def _installed(self) -> Path:
        """Made once pip is done, so that half an installation is not taken for one."""
        return self.folder / ".installed"


def insert() -> Load:
    """One message per request."""
    form = urlencode({"Action": "SendMessage", "MessageBody": text(), "Version": _API})
    return Load("/123456789012/bench", headers=_FORM, body=form.encode())
