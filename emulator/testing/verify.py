"""Is what a server acknowledges safe on this machine and this disk? Found out by killing it.

A server is started on a fresh store, clients work on it all at once, and it is killed with
SIGKILL and started again, many times. In the end the record of what the clients were told is held
against what is stored.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from emulator.config import SettingsError, sqlite_path
from emulator.testing.clients import PROJECT, QUEUE, AnswerError, Crew
from emulator.testing.history import Stored, violations
from emulator.testing.process import ServerProcess
from emulator.testing.verdict import Verdict, summary, verdict_on, write_report

_PEEK = f"/_emulator/v1/projects/{PROJECT}/queues/{QUEUE}/tasks?maxResults=1000"


def run(
    store: str | None,
    *,
    durability: str,
    clients: int,
    seconds: float,
    kill_every: float,
    seed: int,
    report: TextIO | None,
    say: Callable[[str], None],
    tell: Callable[[str], None],
) -> bool:
    """What ``tq-emulator verify`` does; its options are the arguments.

    Args:
        say: Is told the verdict.
        tell: Is told how it goes on.

    Returns:
        Whether every promise was kept.

    Raises:
        SettingsError: The store is in memory, or is there already.
        ServerStartError: A server did not start.
        AnswerError: A server's answer made no sense.
    """
    crew = Crew(clients=clients, seed=seed)
    with _fresh_store(store) as (folder, file):
        options = ("--store", f"sqlite:///{file}", "--durability", durability)
        try:
            verdict = verify(
                crew, folder, *options, seconds=seconds, kill_every=kill_every, tell=tell
            )
        finally:
            if report is not None:
                write_report(crew.history, report)
    for line in summary(verdict):
        say(line)
    return not verdict.violations


@contextmanager
def _fresh_store(store: str | None) -> Iterator[tuple[Path, Path]]:
    """A folder to work in, and a file there or at the address *store*.

    The folder goes in the end; a file at an address stays.
    """
    file = None if store is None else sqlite_path(store)
    if store is not None and file is None:
        raise SettingsError(f"store {store!r} is in memory, where a kill ends all: give it a file")
    if file is not None and file.exists():
        raise SettingsError(f"{file} is there already: verify works on a fresh store only")
    with TemporaryDirectory(prefix="tq-emulator-verify-") as folder:
        yield Path(folder), Path(folder, "taskqueue.db") if file is None else file.absolute()


def verify(
    crew: Crew,
    folder: Path,
    *options: str,
    seconds: float,
    kill_every: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda line: None,
) -> Verdict:
    """Let *crew* work on servers over one store, and kill one after the other.

    Args:
        crew: The clients, which have not worked yet.
        folder: The servers' working directory.
        options: Of ``tq-emulator serve``, such as where the store is.
        seconds: How long they work, without the servers' starts; the last kill is then.
        kill_every: How many seconds they work on each server.
        clock: The time in seconds, on any scale.
        sleep: Waits for so many seconds.
        tell: Is told of each kill.

    Raises:
        ServerStartError: A server did not start.
        AnswerError: A server's answer made no sense.
    """
    worked, kills, trouble = 0.0, 0, []
    while worked < seconds:
        with _serving(folder, options) as server:
            began = clock()
            crew.start(server.port)
            sleep(min(kill_every, seconds - worked))
            worked += clock() - began
            if server.ended is not None:
                trouble.append(f"the server ended by itself, with {server.ended}")
            server.kill()
            crew.join()
        kills += 1
        tell(_progress(worked, seconds, kills, len(crew.history)))
    with _serving(folder, options) as server:
        stored, taken = _kept(server.port)
    found = [*trouble, *violations(crew.history, stored, taken=taken)]
    return verdict_on(
        crew.history,
        found,
        seconds=worked,
        kills=kills,
        stored=len(stored),
        taken=len(taken),
    )


@contextmanager
def _serving(folder: Path, options: Sequence[str]) -> Iterator[ServerProcess]:
    """A server with its control API, killed in the end whatever happens."""
    server = ServerProcess(folder, "--control", *options)
    try:
        yield server
    finally:
        server.kill()


def _kept(port: int) -> tuple[dict[str, Stored], set[str]]:
    """All tasks that the server on *port* has, and all names that deleted ones hold."""
    stored: dict[str, Stored] = {}
    taken: set[str] = set()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        for task in _looked_at(connection):
            if task["state"] == "tombstone":
                taken.add(task["id"])
            else:
                stored[task["id"]] = Stored(int(task["eta"]), task["retryCount"])
    finally:
        connection.close()
    return stored, taken


def _looked_at(connection: HTTPConnection) -> Iterator[dict[str, Any]]:
    token: str | None = ""
    while token is not None:
        connection.request("GET", f"{_PEEK}&pageToken={token}")
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise AnswerError(f"a look at the tasks was answered {response.status}: {body[:500]!r}")
        page = json.loads(body)
        yield from page.get("items", ())
        token = page.get("nextPageToken")


def _progress(worked: float, seconds: float, kills: int, operations: int) -> str:
    return (
        f"kill {kills}, after {worked:.1f} of {seconds:g} s: {operations:,} operations,"
        f" {operations / worked:,.0f} a second"
    )
