"""A move that is killed anywhere, any number of times, loses nothing and doubles nothing.

Between real servers, through the real command, which dies between any two of the calls of functions
that it makes; each time the same command takes it up.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

import emulator
from emulator.testing import Server
from emulator.testing.process import environment
from tqsdk import Client, NewTask
from tqsdk.migrate.moving.comparison import compare
from tqsdk.migrate.moving.exported import exported
from tqsdk.migrate.moving.files import opened
from tqsdk.migrate.moving.model import Record
from tqsdk.migrate.moving.server import Place

SCRIPT = Path(__file__).with_name("moving.py")
ROOT = SCRIPT.parents[2]

MOST_MEGABYTES = 200
CALLS_AT_THE_START = 28_000  # of functions, about


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with emulator.running(mode="process", on_disk=True) as server:
        yield server


class Mover:
    """Runs the command, each time in a process of its own.

    Args:
        folder: Where it runs.
        modules: What those processes have imported already.
    """

    def __init__(self, folder: Path, *modules: str) -> None:
        self.megabytes = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", SCRIPT, *modules],
            cwd=folder,
            env=environment(PYTHONPATH=str(ROOT)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, calls: int | None = None) -> dict[str, int]:
        """Run it, and kill it after so many *calls*."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"arguments": arguments, "calls": calls}) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        self.megabytes = max(self.megabytes, told.get("megabytes", 0.0))
        return told

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def mover(tmp_path: Path) -> Iterator[Mover]:
    with closing(Mover(tmp_path)) as mover:
        yield mover


class Queues:
    """The queues ``q`` of a server's projects, as the exact export shows them."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def address(self, project: str) -> str:
        return f"tq+{self._server.url}/{project}/q"

    def fill(self, project: str, count: int) -> None:
        with Client(project, endpoint=self._server.url) as client:
            client.queue("q").insert_many(
                NewTask(f"payload {number}", name=f"t{number:06}", tag=f"tag{number % 7}")
                for number in range(count)
            )

    def records(self, project: str) -> Iterator[Record]:
        with Client(project, endpoint=self._server.url) as client:  # noqa: SIM117
            with exported(Place(client, "q"), None) as records:
                yield from records


@dataclass(frozen=True)
class Route:
    """A way to move.

    Attributes:
        arguments: Of the command: the source's and the target's project.
        leaves: Whether the tasks are still at the source afterwards.
        calls: Of functions for each task, about; of those that are read again after a kill, too.
        file: Where the tasks are then, in place of a queue.
    """

    arguments: Callable[[Queues, str, str], list[str]]
    leaves: bool
    calls: int
    file: str = ""


ROUTES = {
    "server to server": Route(
        lambda queues, a, b: ["copy", queues.address(a), queues.address(b), "--mode", "drain"],
        leaves=False,
        calls=1300,
    ),
    "server to file": Route(
        lambda queues, a, b: ["export", queues.address(a), f"{b}.jsonl", "--mode", "drain"],
        leaves=False,
        calls=650,
        file=".jsonl",
    ),
    "copy to file": Route(
        lambda queues, a, b: ["export", queues.address(a), f"{b}.jsonl.zst", "--mode", "copy"],
        leaves=True,
        calls=1000,
        file=".jsonl.zst",
    ),
    "exact to server": Route(
        lambda queues, a, b: ["copy", queues.address(a), queues.address(b), "--mode", "exact"],
        leaves=True,
        calls=1800,
    ),
    "file to server": Route(
        lambda queues, a, b: ["import", f"{a}.jsonl", queues.address(b)],
        leaves=True,
        calls=1300,
    ),
}


@pytest.mark.parametrize("route", ROUTES)
def test_a_few_kills_lose_and_double_nothing(server, mover, tmp_path, route):
    assert_survives(route, server, mover, tmp_path, tasks=100, batch=20, kills=4)


@pytest.mark.soak
@pytest.mark.parametrize("route", ROUTES)
def test_many_kills_lose_and_double_nothing_of_a_hundred_thousand(server, mover, tmp_path, route):
    assert_survives(route, server, mover, tmp_path, tasks=100_000, batch=1000, kills=20)

    assert mover.megabytes < MOST_MEGABYTES


def assert_survives(
    name: str, server: Server, mover: Mover, folder: Path, *, tasks: int, batch: int, kills: int
) -> None:
    """Move *tasks* along a route, killed *kills* times; all must have arrived, once."""
    chance = random.Random(f"{name} {tasks}")
    route, queues = ROUTES[name], Queues(server)
    source, target = (f"{side}.{name.replace(' ', '-')}.{tasks}" for side in ("from", "to"))
    queues.fill(source, tasks)
    before = str(folder / f"{source}.jsonl")
    assert mover("export", queues.address(source), before, "--mode", "exact")["code"] == 0
    arguments = [*route.arguments(queues, source, target), "--batch", str(batch)]

    # Short enough for a few batches to be left for the run that is not killed.
    reach = CALLS_AT_THE_START + route.calls * tasks * 4 // 3 // kills

    done = move_and_kill(mover, arguments, reach=reach, kills=kills, by=chance)

    assert done["code"] == 0
    with opened(Path(before)) as expected, ExitStack() as stack:
        found: Iterator[Record] = queues.records(target)
        if route.file:
            found = stack.enter_context(opened(folder / f"{target}{route.file}"))
        comparison = compare(expected, found, across=True)
    assert comparison.is_same, comparison
    assert comparison.tasks_in_b == tasks
    assert sum(1 for _ in queues.records(source)) == (tasks if route.leaves else 0)


def move_and_kill(
    mover: Mover, arguments: list[str], *, reach: int, kills: int, by: random.Random
) -> dict[str, int]:
    """Run to the end, after *kills* runs that ended within *reach* calls."""
    for number in range(kills):
        done = mover(*arguments, calls=by.randrange(1, reach))
        assert done["code"] == -signal.SIGKILL, f"it was killed {number} times only: {done}"
    return mover(*arguments)
