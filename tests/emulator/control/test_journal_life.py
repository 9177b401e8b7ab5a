"""A task's life, as the journal tells it."""

from __future__ import annotations

import pytest

from tests.emulator.control.journaled import journaled


@pytest.fixture
def server():
    with journaled() as opened:
        yield opened


def test_a_life_goes_from_the_insert_to_the_delete(server):
    server.insert("a")
    server.lease()
    server.send("DELETE", "a")

    assert happenings(server, "a") == ["inserted", "leased", "deleted"]


def test_a_name_that_the_server_made_has_a_life_too(server):
    server.send("POST", "", {"payloadBase64": ""})
    [name] = server.latest()["tasks"]

    assert happenings(server, name) == ["inserted"]


def test_a_renewal_to_no_time_is_a_release(server):
    server.insert("a")
    server.lease()
    server.send("POST", "a?newLeaseSeconds=0", {"id": "a", "leaseTimestamp": "1800000060000000"})
    server.clock.advance(61)

    assert happenings(server, "a") == ["inserted", "leased", "released"]


def test_a_lease_runs_out_before_the_next_one(server):
    server.insert("a")
    server.lease()
    server.clock.advance(100)
    server.lease()

    assert [(each["event"], each.get("retryCount")) for each in server.life("a")] == [
        ("inserted", 0),
        ("leased", 1),
        ("expired", 1),
        ("leased", 2),
    ]
    assert server.life("a")[2]["microseconds"] == "1800000060000000"


@pytest.mark.parametrize(
    ("seconds", "last"), [(59, "leased"), (60, "expired"), (10_000, "expired")]
)
def test_a_lease_runs_out_when_its_time_has_come(server, seconds, last):
    server.insert("a")
    server.lease()
    server.clock.advance(seconds)

    assert happenings(server, "a")[-1] == last


def test_a_lease_that_was_answered_twice_is_one(server):
    server.insert("a")
    server.lease(x_taskqueue_attempt="one")
    server.lease(x_taskqueue_attempt="one")

    assert happenings(server, "a") == ["inserted", "leased"]


def test_a_refusal_is_part_of_a_life(server):
    server.insert("a")
    server.insert("a")

    assert happenings(server, "a") == ["inserted", "refused"]


def test_a_lease_ends_before_what_is_refused_because_of_it(server):
    server.insert("a")
    server.lease()
    server.clock.advance(60)
    server.send("POST", "a?newLeaseSeconds=9", {"id": "a", "leaseTimestamp": "1800000060000000"})

    assert happenings(server, "a") == ["inserted", "leased", "expired", "refused"]


def test_a_renewed_lease_runs_out_later(server):
    server.insert("a")
    server.lease()
    server.send("PATCH", "a?newLeaseSeconds=600", {"queueName": "q"})
    server.clock.advance(100)

    assert happenings(server, "a") == ["inserted", "leased", "renewed"]


def test_a_task_of_the_same_name_elsewhere_has_another_life(server):
    server.insert("a")
    server.send("POST", "/taskqueue/v1beta2/projects/s~other/taskqueues/q/tasks", {"id": "a"})

    assert len(server.life("a")) == 1


def test_the_old_version_of_the_api_tells_lives_too(server):
    old = "/taskqueue/v1beta1/projects/s~p/taskqueues/q/tasks"
    server.insert("a")
    server.send("POST", f"{old}/lease?numTasks=1&leaseSecs=60")
    server.send("DELETE", f"{old}/a")

    assert happenings(server, "a") == ["inserted", "leased", "deleted"]


def test_a_deletion_whose_answer_named_nothing_is_told_by_its_path(server):
    server.insert("a")
    server.send("POST", "lease?numTasks=1&leaseSecs=60&fields=items/id")
    server.send("DELETE", "a")

    assert happenings(server, "a") == ["inserted", "leased", "deleted"]


def happenings(server, task):
    return [each["event"] for each in server.life(task)]
