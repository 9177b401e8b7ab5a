"""A peer's process: on a free loopback port, in a folder of its own, gone when the block ends, or
when the benchmark is killed.
"""

from __future__ import annotations

import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import machine
from tests.benchmarks.errors import SpoiledError

_PATIENCE = 60.0
_LOWEST_PORT = 10_000


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Attributes:
        port: On 127.0.0.1.
        process: Its process id.
        start_seconds: From its start to its first answer.
        folder: Where its data are.
    """

    port: int
    process: int
    start_seconds: float
    folder: Path

    def cpu_seconds(self) -> float:
        """The processor time it has used until now."""
        return machine.cpu_seconds(self.process)

    def resident_bytes(self) -> int:
        """The memory it holds now."""
        return machine.resident_bytes(self.process)


@contextmanager
def running(
    command: Sequence[str], *, folder: Path, port: int, answers: Callable[[int], bool]
) -> Iterator[Running]:
    """Start *command* and yield once ``answers(port)`` is true; stop it at the end.

    Raises:
        SpoiledError: It ended, or did not answer in a minute.
    """
    log = folder / "output.log"
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            [*machine.LEASH, *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() > start + _PATIENCE:
                raise SpoiledError(f"{command[0]} does not answer: {log.read_text()[-500:]}")
            time.sleep(0.002)
        yield Running(port, process.pid, time.perf_counter() - start, folder)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on, and that the kernel gives to nobody who asks for any."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    end = first if first > _LOWEST_PORT else 65_536
    while True:
        port = random.randrange(_LOWEST_PORT, end)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers_http(port: int, path: str = "/") -> bool:
    """Whether anything that begins like an HTTP answer comes back from *port*."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    return _says(port, request, b"HTTP/1.")


def answers_beanstalk(port: int) -> bool:
    """Whether a beanstalkd answers at *port*."""
    return _says(port, b"list-tubes-watched\r\n", b"OK ")


def _says(port: int, request: bytes, expected: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return connection.recv(64).startswith(expected)
    except OSError:
        return False
