"""What clients cost: tqsdk and google-api-python-client, against our server; and a move."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import machine
from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.measures.figures import Figures
from tests.benchmarks.peers import serving
from tests.together import postgres_server

_ROOT = Path(__file__).parents[3]
_WARM_SECONDS = 1
_TURN_SECONDS = 0.5
_LONGER = 5

Worker = Callable[[float], Mapping[str, Any]]
"""Has a client work for so many seconds, and returns what it said."""


def insert_in_turns(bench: Bench) -> Figures:
    """Each client inserts for half a second while the other waits, again and again.

    So whatever the machine does besides, it does to both. What a client uses is per insert.
    """
    with (
        serving(bench.ours, bench.folder) as server,
        _client("tqsdk-insert", server.port) as tqsdk,
        _client("google-insert", server.port) as google,
    ):
        turns = [
            (_cpu(tqsdk(_TURN_SECONDS)), _cpu(google(_TURN_SECONDS)))
            for _ in range(max(1, round(bench.seconds / _TURN_SECONDS)))
        ]
    ours, theirs = zip(*turns, strict=True)
    return {"tqsdk": median(ours), "google": median(theirs)}


def insert_by(work: str, bench: Bench) -> Figures:
    """The tasks that one program stores in a second, as fast as it can."""
    with serving(bench.ours, bench.folder) as server, _client(work, server.port) as client:
        before = server.cpu_seconds()
        said = client(bench.seconds)
        used = server.cpu_seconds() - before
    return {
        "rate": said["tasks"] / said["seconds"],
        "cpu": used / said["tasks"],
        "server_load": used / said["seconds"],
        "client_load": said["cpu_seconds"] / said["seconds"],
    }


def memory_of_insert_many(bench: Bench) -> Figures:
    """The most memory that a program has held after some tasks, and after several times as many."""
    with (
        serving(bench.ours, bench.folder) as server,
        _client("tqsdk-insert-many", server.port) as client,
    ):
        few, many = client(bench.seconds / 2), client(_LONGER * bench.seconds / 2)
    return {"few_bytes": few["most_bytes"], "many_bytes": many["most_bytes"]}


def move_between_servers(bench: Bench) -> Figures:
    """The tasks that one program moves in a second from one server to another, none ever lost."""
    with (
        serving(bench.ours, bench.folder) as source,
        serving(bench.ours, bench.folder) as target,
        _client("move", source.port, _url(target.port), str(target.folder)) as client,
    ):
        said = client(bench.seconds)
    return {
        "rate": said["tasks"] / said["seconds"],
        "client_load": said["cpu_seconds"] / said["seconds"],
    }


def move_to_postgres(bench: Bench) -> Figures:
    """The tasks that one program moves in a second from a file to PostgreSQL."""
    with postgres_server.running(durable=True) as address:
        return _move_file(bench, f"{address}#moved-{{}}")


def move_to_pubsub(bench: Bench) -> Figures:
    """The tasks that one program publishes in a second, to the emulator."""
    bench.pubsub.obtain()
    with serving(bench.pubsub, bench.folder) as server:
        os.environ["PUBSUB_EMULATOR_HOST"] = f"127.0.0.1:{server.port}"
        try:
            topic = "pubsub:projects/bench/topics/moved-{0}?create=moved-{0}&retain-days=7"
            return _move_file(bench, topic)
        finally:
            del os.environ["PUBSUB_EMULATOR_HOST"]


def _move_file(bench: Bench, address: str) -> Figures:
    with (
        tempfile.TemporaryDirectory(dir=bench.folder) as folder,
        _client("move-file", 0, address, folder) as client,
    ):
        said = client(bench.seconds)
    return {
        "rate": said["tasks"] / said["seconds"],
        "client_load": said["cpu_seconds"] / said["seconds"],
    }


MEASURES: Mapping[str, Callable[[Bench], Figures]] = {
    "client/insert in turns": insert_in_turns,
    "client/insert_many": partial(insert_by, "tqsdk-insert-many"),
    "client/google's inserts on 8 threads": partial(insert_by, "google-threads"),
    "client/memory of insert_many": memory_of_insert_many,
    "client/move": move_between_servers,
    "client/move to PostgreSQL": move_to_postgres,
    "client/move to Pub/Sub": move_to_pubsub,
}


@contextmanager
def _client(work: str, port: int, *more: str) -> Iterator[Worker]:
    """A program that does *work* when it is told to, warmed up."""
    module = ("-m", "tests.benchmarks.client_load", work, _url(port), *more)
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [*machine.LEASH, sys.executable, *module],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None

        def worker(seconds: float) -> Mapping[str, Any]:
            print(seconds, file=process.stdin, flush=True)
            line = process.stdout.readline()
            if not line:
                errors.seek(0)
                raise SpoiledError(f"{work} ended: {errors.read()[-500:]}")
            return json.loads(line)

        try:
            worker(_WARM_SECONDS)
            yield worker
        finally:
            process.terminate()


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _cpu(said: Mapping[str, Any]) -> float:
    return said["cpu_seconds"] / said["tasks"]
