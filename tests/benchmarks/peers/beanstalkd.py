"""beanstalkd with ``-b`` and ``-f0``: a work queue in C that flushes its log for every put."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.peers import output, program
from tests.benchmarks.running import Running, answers_beanstalk
from tests.benchmarks.wrk import Result

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Beanstalkd:
    """A durable beanstalkd."""

    @property
    def name(self) -> str:
        return "beanstalkd"

    def obtain(self) -> None:
        program("beanstalkd", "beanstalkd")

    def version(self) -> str:
        return output(program("beanstalkd", "beanstalkd"), "-v")

    def command(self, folder: Path, port: int) -> list[str]:
        return [
            *(program("beanstalkd", "beanstalkd"), "-l", "127.0.0.1", "-p", str(port)),
            *("-b", str(folder), "-f0"),
        ]

    def answers(self, port: int) -> bool:
        return answers_beanstalk(port)

    def make_queue(self, port: int) -> None:
        """Nothing: it has a tube "default"."""


def put_under_load(server: Running, *, connections: int, seconds: float) -> Result:
    """Put jobs for *seconds*, one outstanding put per connection, from a process of its own.

    Raises:
        SpoiledError: A put was refused.
    """
    before = server.cpu_seconds()
    command = [
        *(sys.executable, "-m", "tests.benchmarks.beanstalk_load"),
        *(str(server.port), str(connections), str(seconds)),
    ]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SpoiledError(f"the beanstalkd load failed: {done.stderr.strip()[-200:]}")
    said = json.loads(done.stdout)
    return Result(
        requests=said["puts"],
        tasks=said["puts"],
        seconds=said["seconds"],
        p50=said["p50"],
        p99=said["p99"],
        server_cpu=server.cpu_seconds() - before,
        client_cpu=said["cpu_seconds"],
    )
