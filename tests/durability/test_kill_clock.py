"""A clock that was moved survives ``kill -9``, and a server without it does not take its store."""

from __future__ import annotations

import json
from itertools import pairwise
from urllib.request import Request, urlopen

import pytest

from tests.durability.load import insert, lease
from tests.durability.process import ServerProcess, failed_run

WEEK = 7 * 86_400
SECOND = 1_000_000


def clock(server, method="", **parameters):
    """Call a method of the clock, by default get; the members of the answer."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    url = f"{server.url}/_emulator/v1/clock{method and f'/{method}'}?{query}"
    with urlopen(Request(url, method="POST" if method else "GET"), timeout=10) as response:
        return json.load(response)


def microseconds(shown):
    return int(shown["microseconds"])


@pytest.fixture
def servers(tmp_path):
    """Starts servers on one file; all are killed in the end."""
    started = []

    def start(*arguments) -> ServerProcess:
        started.append(ServerProcess(tmp_path, *arguments))
        return started[-1]

    yield start
    for server in started:
        server.kill()


def test_no_advance_that_was_acknowledged_is_lost_by_a_kill(servers):
    shown = []
    for _ in range(3):
        server = servers("--control")
        shown.append(microseconds(clock(server, "advance", seconds=WEEK)))
        server.kill()

    resumed = clock(servers("--control"))

    assert resumed["virtual"]
    steps = [later - earlier for earlier, later in pairwise([*shown, microseconds(resumed)])]
    assert all(step >= WEEK * SECOND for step in steps[:2])
    assert steps[2] >= 0


def test_a_frozen_clock_is_frozen_still_after_a_kill(servers):
    server = servers("--control")
    frozen = clock(server, "freeze")
    clock(server, "autoJump", seconds=60)
    server.kill()

    assert clock(servers("--control")) == {**frozen, "autoJumpSeconds": 60.0}


def test_a_lease_and_the_jump_that_led_to_it_survive_together(servers):
    server = servers("--control")
    clock(server, "freeze")
    now = microseconds(clock(server, "autoJump", seconds=WEEK))
    insert(server.port, "a")
    first = lease(server.port, attempt="i")[0]
    second = lease(server.port, attempt="j")[0]
    server.kill()

    resumed = clock(servers("--control"))

    assert int(first["leaseTimestamp"]) > now
    assert microseconds(resumed) == int(first["leaseTimestamp"])
    assert int(second["leaseTimestamp"]) > microseconds(resumed)


def test_a_server_without_control_refuses_a_store_with_a_time_of_its_own(servers, tmp_path):
    server = servers("--control")
    shown = clock(server, "set", time="2999-12-31T12:00:00Z")
    server.kill()

    run = failed_run(tmp_path, "serve", "--port", "0")

    assert shown["time"] == "2999-12-31T12:00:00.000000Z"
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("tq-emulator: sqlite:///taskqueue.db has a time of its own, 2999-")
    assert "--reset-clock" in run.stderr


def test_reset_clock_returns_a_store_to_the_time_of_the_machine(servers):
    server = servers("--control")
    real = clock(server)
    clock(server, "advance", seconds=WEEK)
    server.kill()

    servers("--reset-clock").kill()

    shown = clock(servers("--control"))
    assert not shown["virtual"]
    assert real["time"] <= shown["time"] < "2999"
    assert microseconds(shown) < microseconds(real) + WEEK * SECOND


def test_a_store_whose_clock_was_not_touched_is_not_refused(servers):
    server = servers("--control")
    clock(server)
    clock(server, "advance", seconds=0)
    insert(server.port, "a")
    server.kill()

    assert [task["id"] for task in lease(servers().port, attempt="i")] == ["a"]
