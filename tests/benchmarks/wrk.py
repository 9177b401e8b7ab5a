"""Load from wrk: written in C, so that the client is not what is measured."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import machine
from tests.benchmarks.errors import AbsentError, SpoiledError
from tests.benchmarks.running import Running

_LUA = Path(__file__).with_name("lua")

# Refused requests and empty leases are cheaper than others, so a run may have hardly any.
_MOST_REFUSED = 0.01
_MOST_EMPTY = 0.03

_LONGER = 5


@dataclass(frozen=True, slots=True)
class Load:
    """Requests that are all alike, or what a Lua script makes of them.

    Attributes:
        path: With its query.
        verb: The HTTP verb.
        headers: Beside Host.
        body: The body of every request.
        script: A file of ``lua/``, which may count tasks and choose later requests by the answers.
        peer: The file of ``lua/`` that knows whom the script speaks to; same.lua needs none.
    """

    path: str
    verb: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    script: str = "same.lua"
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came back.

    Attributes:
        requests: How many were answered.
        tasks: How many tasks the script counted; for ``same.lua`` none.
        seconds: How long it took.
        p50: Seconds.
        p99: Seconds.
        server_cpu: Seconds of processor time in the server.
        client_cpu: Seconds of processor time in wrk.
    """

    requests: int
    tasks: int
    seconds: float
    p50: float
    p99: float
    server_cpu: float
    client_cpu: float


def check_wrk() -> None:
    """Refuse a machine without wrk.

    Raises:
        AbsentError: It is not there.
    """
    if shutil.which("wrk") is None:
        raise AbsentError("no wrk, without which nothing is measured")


def version() -> str:
    """wrk's version, as it says so itself."""
    # It takes the question for a mistake, and ends with 1.
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return said.partition(" [")[0]


def put_under_load(
    server: Running, load: Load, *, connections: int, seconds: float, warm_seconds: float = 1
) -> Result:
    """Send *load* to *server* for *seconds*, after a warm-up that does not count.

    Raises:
        AbsentError: There is no wrk.
        SpoiledError: More than one answer in a hundred was an error.
    """
    check_wrk()
    if warm_seconds:
        warm_up(server, load, connections=connections, seconds=warm_seconds)
    server_before, client_before = server.cpu_seconds(), _client_cpu()
    said = _run(server, load, connections=connections, seconds=seconds)
    if not said["requests"]:
        # What takes longer than that is measured, too, but not every fast load for its sake.
        said = _run(server, load, connections=connections, seconds=_LONGER * seconds)
    _check(load, said)
    return Result(
        requests=said["requests"],
        tasks=said["tasks"],
        seconds=said["microseconds"] / 1e6,
        p50=said["p50"] / 1e6,
        p99=said["p99"] / 1e6,
        server_cpu=server.cpu_seconds() - server_before,
        client_cpu=_client_cpu() - client_before,
    )


def warm_up(server: Running, load: Load, *, connections: int, seconds: float) -> None:
    """Send *load* to *server* for *seconds*, whatever comes of it."""
    _run(server, load, connections=connections, seconds=seconds)


def _run(server: Running, load: Load, *, connections: int, seconds: float) -> dict[str, int]:
    with tempfile.NamedTemporaryFile() as body:
        body.write(load.body)
        body.flush()
        command = [
            *(*machine.LEASH, "wrk", "--threads", "1", "--connections", str(connections)),
            *("--duration", f"{max(1, round(seconds))}s", "--timeout", "30s"),
            *("--script", load.script, f"http://127.0.0.1:{server.port}{load.path}"),
            *("--", load.verb, body.name, load.peer, *_flat(load.headers)),
        ]
        # The scripts share files, which Lua looks for in the working folder.
        done = subprocess.run(command, cwd=_LUA, capture_output=True, text=True, check=False)
    line = next((each for each in done.stdout.splitlines() if each.startswith("{")), None)
    if done.returncode or line is None:
        raise SpoiledError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    figures: dict[str, int] = json.loads(line)
    return figures


def _check(load: Load, said: Mapping[str, int]) -> None:
    if not said["requests"]:
        raise SpoiledError(f"nothing was answered in {said['microseconds'] / 1e6:.0f} s")
    if said["failed"] > _MOST_REFUSED * said["requests"]:
        raise SpoiledError(
            f"{said['failed']} of {said['requests']} answers to {load.path[:60]} were errors"
        )
    if said["empty"] > _MOST_EMPTY * said["requests"]:
        raise SpoiledError(f"the queue ran dry: {said['empty']} leases came back empty")


def _flat(headers: Mapping[str, str]) -> Sequence[str]:
    return [text for pair in headers.items() for text in pair]


def _client_cpu() -> float:
    """Of the children that have ended: wrk, and no server that still runs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
