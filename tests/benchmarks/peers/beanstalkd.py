"""beanstalkd: a work queue in C. With ``-b`` and ``-f0`` it flushes its log for every put."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.machine import LEASH
from tests.benchmarks.payload import PAYLOAD_BYTES
from tests.benchmarks.peers import output, program
from tests.benchmarks.running import Running, answers_beanstalk
from tests.benchmarks.wrk import Result

_ROOT = Path(__file__).parents[3]

GENERATOR = "tests/benchmarks/beanstalk_load.py: one process, one outstanding put per connection"
LARGEST_JOB = 65_535
"""In bytes, by default."""


@dataclass(frozen=True, slots=True)
class Beanstalkd:
    """A durable beanstalkd.

    Attributes:
        defaults: Whether it keeps jobs in memory only, as it does when nobody asks for more.
    """

    defaults: bool = False

    @property
    def name(self) -> str:
        return "beanstalkd-defaults" if self.defaults else "beanstalkd"

    def obtain(self) -> None:
        program("beanstalkd")

    def version(self) -> str:
        return output(program("beanstalkd"), "-v")

    def command(self, folder: Path, port: int) -> list[str]:
        durable = () if self.defaults else ("-b", str(folder), "-f0")
        where = ("-l", "127.0.0.1", "-p", str(port))
        return [program("beanstalkd"), *where, *durable]

    def answers(self, port: int) -> bool:
        return answers_beanstalk(port)

    def make_queue(self, port: int) -> None:
        """Nothing: it has a tube "default"."""


def put_under_load(
    server: Running, *, connections: int, seconds: float, size: int = PAYLOAD_BYTES
) -> Result:
    """Put jobs for *seconds* after one of warm-up, one outstanding put per connection.

    The generator is a process of its own.

    Raises:
        SpoiledError: A put was refused.
    """
    _put(server, connections=connections, seconds=1, size=size)
    before = server.cpu_seconds()
    said = _put(server, connections=connections, seconds=seconds, size=size)
    return Result(
        requests=int(said["puts"]),
        tasks=int(said["puts"]),
        seconds=said["seconds"],
        p50=said["p50"],
        p99=said["p99"],
        server_cpu=server.cpu_seconds() - before,
        client_cpu=said["cpu_seconds"],
    )


def _put(server: Running, *, connections: int, seconds: float, size: int) -> dict[str, float]:
    command = [
        *(*LEASH, sys.executable, "-m", "tests.benchmarks.beanstalk_load"),
        *(str(server.port), str(connections), str(max(1, round(seconds))), str(size)),
    ]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SpoiledError(f"the beanstalkd load failed: {done.stderr.strip()[-200:]}")
    said: dict[str, float] = json.loads(done.stdout)
    return said
