"""``python -m tests.benchmarks.client_load WORK URL [...]``: a program that works through a client.

It is a process of its own, so that what it uses is the client's. For each number on standard input
it works for so many seconds, and then says in a line of JSON what that came to.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import TypeAlias

import httplib2
from googleapiclient.discovery import build_from_document

from discovery import contract
from discovery.jsonl import Header, TaskLine, write
from tests.benchmarks.payload import payload, url_safe_text
from tqsdk import Client
from tqsdk.clock import SystemClock
from tqsdk.migrate.moving import addresses
from tqsdk.migrate.moving.addresses import Settings
from tqsdk.migrate.moving.ledger import Ledger
from tqsdk.migrate.moving.mover import Pace, move

Work: TypeAlias = Callable[[float], int]
"""Inserts or moves until that moment of ``time.perf_counter``, and returns how many."""

_PROJECT, _QUEUE = "s~bench", "bench"
_THREADS = 8
_TO_MOVE = 30_000  # tasks; as many as are moved in some ten seconds
_IN_A_FILE = 5_000  # tasks; a file is read to its end before anything is moved


def _tqsdk_insert(url: str) -> Work:
    queue = Client(_PROJECT, endpoint=url).queue(_QUEUE)
    return lambda end: _repeat(lambda: queue.insert(payload()), end)


def _tqsdk_insert_many(url: str) -> Work:
    queue = Client(_PROJECT, endpoint=url).queue(_QUEUE)

    def payloads(end: float) -> Iterator[bytes]:
        while time.perf_counter() < end:
            yield payload()

    def insert_many(end: float) -> int:
        report = queue.insert_many(payloads(end))
        if report.failed:
            raise report.failures[0].error
        return int(report.stored)

    return insert_many


def _google_insert(url: str) -> Work:
    """As fast as that client can be used: most programs ask for ``tasks()`` anew in each call."""
    document = json.loads(contract.load().document) | {"rootUrl": f"{url}/"}
    tasks = build_from_document(document, http=httplib2.Http()).tasks()

    def insert() -> None:
        body = {"queueName": _QUEUE, "payloadBase64": url_safe_text()}
        tasks.insert(project=_PROJECT, taskqueue=_QUEUE, body=body).execute()

    return lambda end: _repeat(insert, end)


def _google_threads(url: str) -> Work:
    """As its authors say: each thread with a connection of its own."""
    works = [_google_insert(url) for _ in range(_THREADS)]
    threads = ThreadPoolExecutor(_THREADS)
    return lambda end: sum(threads.map(lambda work: work(end), works))


def _move(url: str, to: str, folder: str) -> Work:
    """``tq migrate copy --mode drain`` between two servers, with its ledger in *folder*."""
    client, clock = Client(_PROJECT, endpoint=url), SystemClock()
    client.queue(_QUEUE).insert_many(payload() for _ in range(_TO_MOVE))
    ledger_file = Path(folder) / "move.ledger"

    def move_until(end: float) -> int:
        moved = 0

        def count(tasks: int) -> None:
            nonlocal moved
            moved += tasks
            if time.perf_counter() > end:
                raise _EndError

        settings = Settings(clock=clock, client=lambda: client, mode="drain", note=print)
        with Ledger(ledger_file, "benchmark") as ledger, suppress(_EndError):
            source = addresses.source(f"tq:{_QUEUE}", settings, ledger)
            target = addresses.target(f"tq+{to}/{_PROJECT}/{_QUEUE}", settings)
            with closing(target):
                move(source, target, ledger, pace=Pace(None, clock), most_refused=0, step=count)
        return moved

    return move_until


def _move_file(_: str, to: str, folder: str) -> Work:
    """``tq migrate import``: a file into new places again and again, of which *to* is the form."""
    clock = SystemClock()
    file = Path(folder) / "move.jsonl"
    lines = (_line(number) for number in range(_IN_A_FILE))
    file.write_bytes(b"".join(write(Header(), lines)))
    settings = Settings(clock=clock, client=Client, note=print)
    places = count(1)

    def move_until(end: float) -> int:
        moved = 0

        def add(tasks: int) -> None:
            nonlocal moved
            moved += tasks
            if time.perf_counter() > end:
                raise _EndError

        with suppress(_EndError):
            while True:
                number = next(places)
                with (
                    Ledger(file.with_suffix(f".{number}"), "benchmark") as ledger,
                    closing(addresses.source(f"file:{file}", settings, ledger)) as source,
                    closing(addresses.target(to.format(number), settings)) as target,
                ):
                    move(source, target, ledger, pace=Pace(None, clock), most_refused=0, step=add)
        return moved

    return move_until


def _line(number: int) -> TaskLine:
    name = f"task-{number:08}"
    return TaskLine(project="bench", queue=_QUEUE, name=name, payload=payload(), eta=number)


class _EndError(Exception):
    """The time is up."""


WORKS: Mapping[str, Callable[..., Work]] = {
    "tqsdk-insert": _tqsdk_insert,
    "tqsdk-insert-many": _tqsdk_insert_many,
    "google-insert": _google_insert,
    "google-threads": _google_threads,
    "move": _move,
    "move-file": _move_file,
}


def main() -> None:
    """Work as standard input says, until it ends."""
    work = WORKS[sys.argv[1]](*sys.argv[2:])
    for line in sys.stdin:
        start, cpu_before = time.perf_counter(), time.process_time()
        tasks = work(start + float(line))
        said = {
            "tasks": tasks,
            "seconds": time.perf_counter() - start,
            "cpu_seconds": time.process_time() - cpu_before,
            "most_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        print(json.dumps(said), flush=True)


def _repeat(insert: Callable[[], object], end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        insert()
        count += 1
    return count


if __name__ == "__main__":
    main()
