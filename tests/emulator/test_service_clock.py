"""What a service makes of the clock that it finds in its store."""

from __future__ import annotations

import pytest

from emulator.app import create_app
from emulator.engine.clock import MICROSECONDS, VirtualClock
from emulator.storage.errors import StoreVirtualTimeError

TASKS = "/taskqueue/v1beta2/projects/p/taskqueues/q/tasks"
HOUR = 3_600


@pytest.fixture
def base():
    return VirtualClock()


@pytest.fixture
def opened(tmp_path, base):
    """Opens applications on one file, one after the other."""
    stores = []

    def open_app(**settings):
        for store in stores:
            store.close()
        app = create_app(
            store=f"sqlite:///{tmp_path}/t.db", durability="off", clock=base, **settings
        )
        stores.append(app.extensions["taskqueue"].store)
        return app.test_client()

    yield open_app
    for store in stores:
        store.close()


def test_the_first_answer_already_has_the_time_of_the_store(opened, base):
    opened(control=True).post("/_emulator/v1/clock/advance?seconds=86400")
    base.advance(1)

    answer = opened(control=True).get("/livez")

    assert answer.headers["date"] == "Sat, 16 Jan 2027 08:00:01 GMT"


def test_a_service_without_control_refuses_the_store_and_says_what_time_it_has(opened, base):
    opened(control=True).post("/_emulator/v1/clock/advance?seconds=86400")
    base.advance(1)

    with pytest.raises(StoreVirtualTimeError, match=r"2027-01-16T08:00:01\.000000Z.*--reset-clock"):
        opened()


@pytest.mark.parametrize("control", [False, True])
def test_a_clock_that_is_reset_is_forgotten_for_good(opened, control):
    opened(control=True).post("/_emulator/v1/clock/advance?seconds=86400")

    reset = opened(control=control, reset_clock=True)

    assert reset.get("/livez").headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert opened().get("/livez").status_code == 200


def test_after_a_reset_leases_last_until_the_machine_is_there_and_figures_count_the_past(
    opened, base
):
    client = opened(control=True)
    client.post("/_emulator/v1/clock/advance?seconds=3600")
    client.post(TASKS, json={"id": "a"})
    leased = client.post(f"{TASKS}/lease?numTasks=1&leaseSecs=60").json["items"][0]

    client = opened(reset_clock=True)

    assert int(leased["leaseTimestamp"]) == base.now() + (HOUR + 60) * MICROSECONDS
    assert client.post(f"{TASKS}/lease?numTasks=1&leaseSecs=60").json == {"kind": "taskqueue#tasks"}
    stats = client.get(f"{TASKS.removesuffix('/tasks')}?getStats=true").json["stats"]
    assert (stats["leasedLastMinute"], stats["leasedLastHour"]) == ("0", "0")
    base.advance(HOUR + 60)
    again = client.post(f"{TASKS}/lease?numTasks=1&leaseSecs=60").json["items"][0]
    assert again["retry_count"] == 2
