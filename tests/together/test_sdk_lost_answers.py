"""tqsdk where requests and answers are lost: between it and the server is a relay that loses them.

``relay.seen`` are the requests that it got.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from emulator.testing import Server
from tests.together.conftest import names
from tests.together.relay import Fate, Relay, relay_to
from tqsdk import (
    AmbiguousResultError,
    Client,
    DeadlineExceededError,
    LeaseLostError,
    Queue,
    RequestTimeoutError,
    RetryPolicy,
    TaskExistsError,
)

_AT_ONCE = RetryPolicy(base=0)
_LOSSES = [Fate.LOST, Fate.UNANSWERED, Fate.CUT_IN_HEAD, Fate.CUT_IN_BODY, Fate.RESET]


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with relay_to(*server.address) as relay:
        yield relay


@pytest.fixture
def far(relay: Relay, project: str) -> Iterator[Queue]:
    """The queue, seen through the relay."""
    with Client(project, endpoint=relay.url, retry=_AT_ONCE) as client:
        yield client.queue("q1")


@pytest.mark.parametrize(
    ("fate", "already_stored"),
    [
        (Fate.LOST, False),
        (Fate.UNANSWERED, True),
        (Fate.CUT_IN_HEAD, True),
        (Fate.CUT_IN_BODY, True),
        (Fate.RESET, True),
    ],
)
def test_an_insert_stores_one_task(relay, far, queue, fate, already_stored):
    relay.will(fate)

    task = far.insert(b"payload", tag="red")

    assert [each.name for each in queue.list()] == [task.name]
    assert (task.payload, task.tag, task.deduplicated) == (b"payload", "red", already_stored)
    assert relay.seen == ["POST", "POST", *(["GET"] if already_stored else [])]


def test_an_insert_on_a_connection_in_use_stores_one_task(relay, far, queue):
    far.insert(b"first", name="a")
    relay.will(Fate.UNANSWERED)

    far.insert(b"second", name="b")

    assert [task.name for task in queue.list()] == ["a", "b"]


def test_a_lost_insert_of_a_name_that_others_took_is_an_error(relay, far, queue):
    queue.insert(b"theirs", name="a")
    relay.will(Fate.LOST)

    with pytest.raises(TaskExistsError):
        far.insert(b"ours", name="a")

    assert queue.get("a").payload == b"theirs"


def test_a_nameless_insert_is_not_repeated(relay, far, queue):
    relay.will(Fate.UNANSWERED)

    with pytest.raises(AmbiguousResultError):
        far.insert(b"x", dedupe=False)

    assert relay.seen == ["POST"]
    assert len(queue.list()) == 1


@pytest.mark.parametrize("fate", [Fate.LOST, Fate.UNANSWERED, Fate.RESET])
def test_a_delete_is_done(relay, far, queue, fate):
    queue.insert(b"x", name="a")
    relay.will(fate)

    far.delete("a")

    assert relay.seen == ["DELETE", "DELETE"]
    assert queue.list() == []


@pytest.mark.parametrize("fate", _LOSSES)
def test_a_renewal_is_done_and_its_token_known(relay, far, queue, fate):
    queue.insert(b"x", name="a")
    [lease] = far.lease(seconds=60)
    relay.will(fate)

    lease.renew(600)

    assert lease.task.lease_token == queue.get("a").lease_token
    assert lease.seconds_left > 500
    lease.renew(700)  # with the token of the renewal whose answer was lost


def test_a_lost_renewal_of_a_lease_that_others_have_now_is_an_error(relay, far, queue):
    queue.insert(b"x", name="a")
    [lease] = far.lease(seconds=0)
    queue.lease(seconds=60)
    relay.will(Fate.LOST)

    with pytest.raises(LeaseLostError):
        lease.renew(60)


@pytest.mark.parametrize("fate", _LOSSES)
def test_a_release_is_done(relay, far, queue, fate):
    queue.insert(b"x", name="a")
    [lease] = far.lease(seconds=600)
    relay.will(fate)

    lease.release()

    assert names(queue.lease()) == ["a"]


@pytest.mark.parametrize("fate", [fate for fate in _LOSSES if fate is not Fate.LOST])
def test_a_lost_lease_of_a_server_without_the_header_is_ambiguous(relay, far, queue, fate):
    queue.insert(b"x", name="a")
    relay.hides_attempts = True
    relay.will(fate)

    with pytest.raises(AmbiguousResultError) as error:
        far.lease(seconds=60)

    assert (relay.seen, error.value.operation) == (["POST", "GET"], "taskqueue.tasks.lease")
    assert [task.retry_count for task in queue.list()] == [1]


def test_a_lease_is_repeated_if_the_caller_allows_it(relay, far, queue):
    queue.insert(b"x", name="a")
    relay.will(Fate.LOST)

    assert names(far.lease(seconds=60, retry_ambiguous=True)) == ["a"]


@pytest.mark.parametrize("fate", _LOSSES)
@pytest.mark.parametrize(
    "read",
    [
        lambda queue: queue.get("a").payload == b"x",
        lambda queue: [task.name for task in queue.list()] == ["a"],
        lambda queue: queue.stats().total_tasks == 1,
        lambda queue: queue.info().name == "q1",
    ],
    ids=["get", "list", "stats", "info"],
)
def test_reading_is_repeated(relay, far, queue, read, fate):
    queue.insert(b"x", name="a")
    relay.will(fate, fate)

    assert read(far)
    assert relay.seen == ["GET", "GET", "GET"]


def test_closing_the_client_closes_its_connections(relay, project):
    gc.disable()  # which would close them too, one day
    try:
        with Client(project, endpoint=relay.url, retry=_AT_ONCE) as client:
            relay.will(Fate.LOST)
            client.queue("q1").list()

        assert relay.is_left_by_all(within=2)
    finally:
        gc.enable()


def test_a_server_that_never_answers_is_a_time_out(relay, far):
    relay.will(Fate.IGNORED)

    with pytest.raises(RequestTimeoutError):
        far.lease(timeout=(5, 0.05), retry=RetryPolicy.none())


def test_a_deadline_bounds_all_attempts(relay, far):
    relay.will(*[Fate.IGNORED] * 100)

    with pytest.raises(DeadlineExceededError) as error:
        far.insert(b"x", timeout=0.05, deadline=0.3, retry=RetryPolicy(attempts=100, base=0))

    assert error.value.ambiguous
