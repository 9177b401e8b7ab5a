"""Queues of values on an event loop. What the codecs make of values is tested with them."""

from __future__ import annotations

import json
from contextlib import aclosing

import pytest

from tests.tqsdk.batches import answering, parts
from tqsdk import ArgumentError, BulkInterruptedError, NewValue, PayloadDecodeError
from tqsdk.codecs import JsonCodec, TextCodec
from tqsdk.testing import answer, refusal


async def test_a_queue_of_values_stores_encodes_and_shows_them(scripted, a_task):
    stored = a_task(b'{"a":1}', leaseTimestamp="1", retry_count=1)
    client, transport = scripted(answer(stored), answer({"items": [stored]}), answer())
    queue = client.queue("q", codec=JsonCodec())

    task = await queue.insert({"a": 1}, tag="red")
    leases = await queue.lease(max_tasks=1)

    assert json.loads(transport.requests[0].body)["payloadBase64"] == "eyJhIjoxfQ=="
    assert queue.value(task) == {"a": 1}
    assert [lease.value for lease in leases] == [{"a": 1}]
    assert leases[0].value == leases[:1][0].value == {"a": 1}
    await leases[0].delete()
    assert leases[0].settled
    assert repr(queue) == "AsyncTypedQueue(AsyncQueue('p', 'q'), JsonCodec)"
    assert queue.name == "q"


async def test_a_block_releases_what_could_not_be_read(scripted, a_task):
    leased = [a_task(b"{", leaseTimestamp="1"), a_task(id="t2")]
    released = answering(answer(a_task()), answer(a_task()))
    client, transport = scripted(answer({"items": leased}), released)

    async with client.queue("q", codec=JsonCodec()).lease(max_tasks=2) as leases:
        with pytest.raises(PayloadDecodeError, match="queue 'q', task 't1': JsonCodec cannot"):
            _ = leases[0].value

    assert [b"newLeaseSeconds=0" in each for each in parts(transport.requests[1])] == [True, True]
    assert [lease.settled for lease in leases] == [True, True]


async def test_a_lease_that_nobody_awaits_can_be_closed(scripted):
    client, transport = scripted()

    client.queue("q", codec=JsonCodec()).lease().close()

    assert transport.requests == []


async def test_the_rest_of_a_queue_of_values_is_as_of_any(scripted, a_task):
    info = {"id": "projects/s~p/taskqueues/q", "stats": {"totalTasks": 3}}
    client, transport = scripted(
        answer(a_task(b"1")), answer({"items": [a_task()]}), answer(info), answer(info), answer()
    )
    queue = client.queue("q", codec=JsonCodec())

    assert queue.value(await queue.get("t1")) == 1
    assert [task.name for task in await queue.list()] == ["t1"]
    assert (await queue.stats()).total_tasks == 3
    assert (await queue.info()).name == "q"
    await queue.delete("t1", headers={"X-A": "1"})
    assert transport.requests[-1].header("X-A") == "1"


async def test_many_values_are_stored_in_one_request(scripted, a_task):
    taken = refusal(400, "bad")
    client, transport = scripted(answering(answer(a_task()), answer(a_task()), taken))
    failed = []

    async def values():
        yield "a"
        yield NewValue("b", name="n", tag="red")
        yield "c"

    report = await client.queue("q", codec=TextCodec("utf-16-be")).insert_many(
        values(), on_failure=lambda task, error: failed.append(task.payload)
    )

    assert (report.stored, report.failed, failed) == (2, 1, [b"\x00c"])
    bodies = [json.loads(each.partition(b"\r\n\r\n")[2]) for each in parts(transport.requests[0])]
    assert [each["payloadBase64"] for each in bodies] == ["AGE=", "AGI=", "AGM="]
    assert (bodies[1]["id"], bodies[1]["tag"]) == ("n", "red")


async def test_a_value_that_is_none_ends_it_and_the_others_are_stored(scripted, a_task):
    client, _ = scripted(answer(a_task()))
    queue = client.queue("q", codec=JsonCodec())

    with pytest.raises(BulkInterruptedError, match="JSON compliant") as caught:
        await queue.insert_many([1, float("nan"), 2])

    assert caught.value.report.stored == 1


async def test_one_text_is_not_taken_for_many(scripted):
    client, _ = scripted()

    with pytest.raises(ArgumentError, match="values must be several"):
        await client.queue("q", codec=TextCodec()).insert_many("text")


async def test_what_an_iteration_did_not_give_is_released_on_closing(scripted, a_task):
    leased = [a_task(b"1", leaseTimestamp="1"), a_task(b"2", id="t2")]
    client, transport = scripted(answer({"items": leased}), answer(a_task()))

    async with aclosing(client.queue("q", codec=JsonCodec()).lease_iter(max_tasks=2)) as leases:
        async for lease in leases:
            assert lease.value == 1
            break

    assert "/t2?newLeaseSeconds=0" in transport.requests[1].url
