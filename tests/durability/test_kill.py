"""What was acknowledged survives ``kill -9``: tasks, tombstones, leases, retry counts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from emulator.testing.clients import Crew
from emulator.testing.verify import verify
from tests.durability.load import insert, lease
from tests.durability.process import ServerProcess


def test_nothing_acknowledged_is_lost_by_a_few_kills(tmp_path):
    assert_survives(tmp_path, kills=3, operations=400)


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_by_many_kills_under_load(tmp_path):
    assert_survives(tmp_path, kills=25, operations=2_000, tell=print)


def test_a_lease_whose_answer_is_lost_by_a_kill_is_answered_again(tmp_path):
    server = ServerProcess(tmp_path)
    insert(server.port, "a")
    leased = lease(server.port, attempt="i")
    server.kill()

    server = ServerProcess(tmp_path)
    again = [lease(server.port, attempt=id) for id in ("i", "j")]
    server.kill()

    assert [task["retry_count"] for task in leased] == [1]
    assert again == [leased, []]


def test_no_process_outlives_the_server(tmp_path):
    server = ServerProcess(tmp_path)

    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    alive = children.read_text().split() if children.exists() else []
    server.kill()

    assert alive == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
    second = ServerProcess(tmp_path)  # the file is free at once
    second.kill()


def assert_survives(folder, *, kills: int, operations: int, **options) -> None:
    """Kill a server in the middle of its work, *kills* times, on one file, and compare."""
    crew, time = Crew(clients=6, seed=0), [0]

    def sleep(seconds):
        crew.wait_for(len(crew.history) + operations)
        time[0] += seconds

    verdict = verify(
        crew,
        folder,
        seconds=kills,
        kill_every=1,
        clock=lambda: time[0],
        sleep=sleep,
        **options,
    )

    assert verdict.violations == []
    assert verdict.kills == kills
    assert min(verdict.done.values()) > 0
    assert verdict.taken > 0
