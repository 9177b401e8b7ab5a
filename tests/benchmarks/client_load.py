"""``python -m tests.benchmarks.client_load WORK URL``: a program that inserts through a client.

It is a process of its own, so that what it uses is the client's. For each number on standard input
it inserts for so many seconds, and then says in a line of JSON what that came to.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import httplib2
from googleapiclient.discovery import build_from_document

from discovery import contract
from tests.benchmarks.payload import payload, url_safe_text
from tqsdk import Client

Work: TypeAlias = Callable[[float], int]
"""Inserts until that moment of ``time.perf_counter``, and returns how many."""

_PROJECT, _QUEUE = "s~bench", "bench"
_THREADS = 8


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


WORKS: Mapping[str, Callable[[str], Work]] = {
    "tqsdk-insert": _tqsdk_insert,
    "tqsdk-insert-many": _tqsdk_insert_many,
    "google-insert": _google_insert,
    "google-threads": _google_threads,
}


def main() -> None:
    """Work as standard input says, until it ends."""
    work = WORKS[sys.argv[1]](sys.argv[2])
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
