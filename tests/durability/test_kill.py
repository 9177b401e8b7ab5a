"""What was acknowledged survives ``kill -9``: tasks, tombstones, leases, retry counts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from emulator.testing.history import Kind, Operation, Result, violations
from tests.durability.load import Load, insert, lease, stored_tasks
from tests.durability.process import ServerProcess

CLIENTS = 6


def test_nothing_acknowledged_is_lost_by_a_few_kills(tmp_path):
    assert_survives(tmp_path, kills=3, operations=400)


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_by_many_kills_under_load(tmp_path):
    assert_survives(tmp_path, kills=25, operations=2_000, show=True)


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


def assert_survives(folder, *, kills: int, operations: int, show: bool = False) -> None:
    """Kill a server in the middle of its work, *kills* times, on one file, and compare."""
    history: list[Operation] = []
    for kill in range(kills):
        server = ServerProcess(folder)
        load = Load(server.port, clients=CLIENTS, seed=kill, enough=operations)
        assert load.enough.wait(60)
        server.kill()
        load.join()
        history += load.history
        if show:
            print(f"kill {kill + 1} of {kills}: {len(history)} operations so far", flush=True)

    server = ServerProcess(folder)
    try:
        names = {each.task for each in history}
        found = violations(history, stored_tasks(server.port, names))
        refused = {insert(server.port, name) for name in acknowledged_deletes(history)}
    finally:
        server.kill()

    assert found == []
    assert refused == {(400, "TOMBSTONED_TASK")}


def acknowledged_deletes(history: list[Operation]) -> set[str]:
    return {
        each.task for each in history if each.kind is Kind.DELETE and each.result is Result.DONE
    }
