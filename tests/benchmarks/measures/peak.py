"""A peak of tasks that come and go: what is left of it in the store's files."""

from __future__ import annotations

import http.client
import json
import re
import tempfile
from contextlib import closing
from pathlib import Path

from tests.benchmarks.bench import Bench
from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.measures.figures import Figures
from tests.benchmarks.peers import ours, serving_in
from tests.benchmarks.wrk import Load

_QUEUE = "/taskqueue/v1beta2/projects/s~bench/taskqueues/bench"
_LEASE_SIZE = 500
_LEASE_SECONDS = 3_600


def peak_twice(bench: Bench) -> Figures:
    """Insert many tasks and delete them, stop the server, and do all that again.

    Returns:
        The size of the store after the first peak and after the second. Tombstones of the first
        are still there when the second comes, as they are in life.
    """
    with tempfile.TemporaryDirectory(prefix="peak-", dir=bench.folder) as folder:
        sizes = [_size_after_peak(bench, Path(folder)) for _ in range(2)]
    return {"first_bytes": sizes[0], "second_bytes": sizes[1]}


def _size_after_peak(bench: Bench, folder: Path) -> float:
    with serving_in(folder, bench.ours) as server, closing(connected(server.port)) as connection:
        _rise_and_fall(connection, server.port, bench.peak)
    # Once it has stopped, no log is left whose length would be a matter of chance.
    return sum(file.stat().st_size for file in folder.glob(f"{ours.STORE_FILE}*"))


def tasks_stored(port: int) -> int:
    """How many tasks our server has."""
    with closing(connected(port)) as connection:
        connection.request("GET", f"{_QUEUE}?getStats=true")
        return int(json.load(connection.getresponse())["stats"]["totalTasks"])


def _rise_and_fall(connection: http.client.HTTPConnection, port: int, count: int) -> None:
    insert = ours.insert_batch()
    for _ in range(count // ours.BATCH_SIZE):
        send(connection, insert)
    if tasks_stored(port) != count:
        raise SpoiledError("parts of the batches were refused")
    lease = ours.lease(_LEASE_SIZE, seconds=_LEASE_SECONDS)
    while names := re.findall(rb'"id": ?"([^"]+)"', send(connection, lease)):
        send(connection, ours.delete_batch([name.decode() for name in names]))
    if tasks_stored(port):
        raise SpoiledError("parts of the deletions were refused")


def send(connection: http.client.HTTPConnection, load: Load) -> bytes:
    """The body of the answer to one request of *load*.

    Raises:
        SpoiledError: It was refused.
    """
    connection.request(load.verb, load.path, load.body, dict(load.headers))
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise SpoiledError(f"{answer.status} to {load.path[:60]}: {said[:200]!r}")
    return said


def connected(port: int) -> http.client.HTTPConnection:
    """A connection to a server of ours."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)
