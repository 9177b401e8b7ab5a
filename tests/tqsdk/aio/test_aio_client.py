"""AsyncClient over answers from a list. What is repeated when is tested with ``operations``."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tqsdk.aio
from tqsdk import (
    ConfigError,
    ConnectError,
    DeadlineExceededError,
    LeaseLostError,
    RetryPolicy,
    TaskExistsError,
    TaskNotFoundError,
    calls,
)
from tqsdk.aio import AsyncClient
from tqsdk.testing import AsyncVirtualClock, answer, refusal

ROOT = Path(tqsdk.__file__).parent.parent
LEASE_LOST = refusal(400, "The task lease has expired.")


async def test_an_insert_gives_the_stored_task(scripted, a_task):
    client, transport = scripted(answer(a_task()))

    task = await client.queue("q").insert(b"hello", name="t1", tag="red")

    assert (task.name, task.payload) == ("t1", b"hello")
    assert json.loads(transport.requests[0].body)["tag"] == "red"


async def test_failures_are_waited_out_by_the_clock_of_the_client(scripted, a_task, clock):
    busy = refusal(429, "slow down", headers={"Retry-After": "7"})
    client, transport = scripted(ConnectError("x"), busy, answer(a_task()))

    assert (await client.queue("q").get("t1")).name == "t1"

    assert len(transport.requests) == 3
    assert len(clock.sleeps) == 2
    assert clock.sleeps[1] >= 7


async def test_an_error_knows_what_it_was_about(scripted):
    client, _ = scripted(refusal(400, "no", code="UNKNOWN_TASK"))

    with pytest.raises(TaskNotFoundError) as caught:
        await client.queue("q").get("t1")

    assert (caught.value.queue, caught.value.task, caught.value.attempts) == ("q", "t1", 1)


async def test_a_deadline_bounds_each_attempt_as_a_whole(scripted):
    client, transport = scripted(*[ConnectError("x")] * 9, retry=RetryPolicy(attempts=9, base=99))

    with pytest.raises(DeadlineExceededError):
        await client.queue("q").get("t1", deadline=10)

    assert transport.timeouts[0] == tqsdk.Timeout(5, 10, total=10)


async def test_every_method_reaches_the_server(scripted, a_task):
    stats = answer({"stats": {"totalTasks": 3}})
    client, transport = scripted(answer({}), answer(), stats, answer({}))
    queue = client.queue("q")

    assert await queue.list() == []
    await queue.delete("t1")
    assert (await queue.stats()).total_tasks == 3
    assert (await queue.info()).stats is None

    assert [each.method for each in transport.requests] == ["GET", "DELETE", "GET", "GET"]


async def test_a_call_made_by_hand_can_be_sent(scripted):
    client, _ = scripted(answer({}), refusal(500, "no"))

    assert (await client.perform(calls.get_queue("p", "q"))).name == "q"
    with pytest.raises(tqsdk.AmbiguousResultError):
        await client.perform(calls.delete_task("p", "q", "t1"))


async def test_options_may_change_for_each_call_and_for_a_client(scripted):
    client, transport = scripted(answer({}), answer({}))

    await client.queue("q").list(headers={"X-A": "b"}, timeout=3)
    await client.with_options(timeout=4).queue("q").list()

    assert transport.requests[0].header("x-a") == "b"
    assert [each.read for each in transport.timeouts] == [3, 4]


async def test_the_answer_can_be_had_beside_the_result(scripted, a_task):
    client, _ = scripted(
        refusal(429, "wait"),
        answer(a_task(), headers={"X-Request-Id": "r1"}),
        answer({"items": [a_task()]}, headers={"X-Request-Id": "r2"}),
    )
    queue = client.queue("q")

    stored = await client.with_raw_response(queue.insert, b"hello", name="t1")
    leased = await client.with_raw_response(queue.lease, max_tasks=2)

    assert (stored.result.name, stored.headers["X-Request-Id"], stored.attempts) == ("t1", "r1", 2)
    assert (len(leased.result), leased.headers["X-Request-Id"]) == (1, "r2")


async def test_answers_of_other_tasks_are_not_mixed_in(scripted):
    client, _ = scripted(answer({"id": "a"}), answer({"id": "b"}))
    raw = client.with_raw_response

    one, other = await asyncio.gather(raw(client.queue("a").info), raw(client.queue("b").info))

    assert (one.attempts, one.result.name, other.attempts, other.result.name) == (1, "a", 1, "b")


async def test_leases_are_given_to_those_who_await_them(scripted, a_task):
    client, transport = scripted(answer({"items": [a_task(id="a"), a_task(id="b")]}), answer())

    leases = await client.queue("q").lease(max_tasks=2)
    await leases[0].delete()

    assert [lease.name for lease in leases] == ["a", "b"]
    assert [lease.settled for lease in leases] == [True, False]
    assert len(transport.requests) == 2


async def test_a_lease_can_be_a_task_of_the_loop(scripted):
    client, _ = scripted(answer({}), answer({}))

    async with asyncio.TaskGroup() as group:
        first = group.create_task(client.queue("q").lease())
    [second] = await asyncio.gather(client.queue("q").lease())

    assert (len(first.result()), len(second)) == (0, 0)


async def test_a_lease_can_be_renewed_released_and_lost(scripted, a_task, clock):
    client, _ = scripted(
        answer({"items": [a_task(id=each, leaseTimestamp="5") for each in "abc"]}),
        answer(a_task(leaseTimestamp="9")),
        answer(a_task()),
        LEASE_LOST,
    )
    renewed, released, lost = await client.queue("q").lease(max_tasks=3)

    await renewed.renew(600)
    await released.release()
    with pytest.raises(LeaseLostError):
        await lost.renew()

    assert (renewed.task.lease_token, renewed.seconds_left) == (9, 600)
    assert [each.settled for each in (renewed, released, lost)] == [False, True, True]


async def test_bad_arguments_are_refused_before_sending(scripted):
    client, transport = scripted()

    with pytest.raises(tqsdk.ArgumentError):
        client.queue("a_b")
    with pytest.raises(tqsdk.ArgumentError):
        await client.queue("q").insert(b"x", name="a b")
    with pytest.raises(tqsdk.ArgumentError):
        await client.queue("q").lease(max_tasks=0)

    assert transport.requests == []


async def test_an_answer_to_the_second_attempt_that_the_name_exists_is_looked_into(
    scripted, a_task
):
    exists = refusal(400, "no", code="TASK_ALREADY_EXISTS")
    client, _ = scripted(
        refusal(500, "x"), exists, answer(a_task(payload=b"mine")),
        refusal(500, "x"), exists, answer(a_task(payload=b"theirs")),
    )  # fmt: skip

    assert (await client.queue("q").insert(b"mine", name="t1")).deduplicated
    with pytest.raises(TaskExistsError):
        await client.queue("q").insert(b"mine", name="t1")


async def test_a_token_that_takes_time_is_fetched_beside_the_loop(scripted):
    asked_by = []

    def token():
        asked_by.append(threading.current_thread())
        return "abc"

    client, transport = scripted(answer({}), credentials=token, endpoint="https://q.example")

    await client.queue("q").list()

    assert transport.requests[0].header("authorization") == "Bearer abc"
    assert asked_by != [threading.current_thread()]


async def test_operations_of_many_tasks_share_a_client(scripted, clock):
    client, transport = scripted(*[refusal(429, "wait")] * 64, *[answer({})] * 64)

    await asyncio.gather(*[client.queue("q").info() for _ in range(64)])

    assert len(transport.requests) == 128
    assert clock.monotonic() < 2  # they wait at the same time


async def test_those_who_sleep_at_the_same_time_move_a_virtual_clock_once():
    clock = AsyncVirtualClock()

    await asyncio.gather(clock.sleep(5), clock.sleep(3))

    assert clock.monotonic() == 5
    assert clock.sleeps == [5, 3]


async def test_a_scripted_transport_must_have_an_answer(scripted):
    client, _ = scripted()

    with pytest.raises(AssertionError, match="no answer left for GET"):
        await client.queue("q").list()


def test_a_client_says_where_to_in_its_repr(scripted):
    client, _ = scripted(endpoint="https://q.example")

    assert repr(client) == "AsyncClient('p', endpoint='https://q.example')"
    assert repr(client.queue("q")) == "AsyncQueue('p', 'q')"


def test_without_a_server_there_is_no_client():
    with pytest.raises(ConfigError, match="endpoint="):
        AsyncClient("p")


def run(script: str) -> str:
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_without_aiohttp_the_error_says_what_to_install():
    said = run(
        "import sys; sys.modules['aiohttp'] = None\n"
        "from tqsdk import ConfigError\n"
        "from tqsdk.aio import AsyncClient\n"
        "try: AsyncClient('p', endpoint='http://127.0.0.1:1')\n"
        "except ConfigError as error: print(error)\n"
    )

    assert 'pip install "taskqueue-sdk[async]"' in said


def test_aiohttp_is_imported_when_it_is_needed_and_not_before():
    said = run(
        "import sys, tqsdk.aio, tqsdk.testing; print('aiohttp' in sys.modules);"
        "tqsdk.aio.AsyncClient('p', endpoint='http://127.0.0.1:1'); print('aiohttp' in sys.modules)"
    )

    assert said.split() == ["False", "True"]


def test_what_is_exported_is_there():
    assert tqsdk.aio.__all__ == sorted(tqsdk.aio.__all__)
    assert all(hasattr(tqsdk.aio, name) for name in tqsdk.aio.__all__)
    with pytest.raises(AttributeError, match="Nothing"):
        tqsdk.aio.Nothing  # noqa: B018
