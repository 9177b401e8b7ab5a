"""Batches, insert_many and kept leases of AsyncClient against a running server."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing

import pytest

from tests.together.relay import Fate, relay_to
from tqsdk import (
    BulkInterruptedError,
    DeleteReport,
    InsertReport,
    LeaseLostError,
    NewTask,
    RetryPolicy,
    TaskNotFoundError,
)
from tqsdk.aio import AsyncClient, AsyncQueue


def connect(url: str, project: str) -> AsyncClient:
    return AsyncClient(project, endpoint=url, retry=RetryPolicy(base=0))


async def all_payloads(queue: AsyncQueue) -> list[bytes]:
    return [each.payload async for each in queue.lease_iter(max_tasks=1000, seconds=600)]


async def test_calls_of_all_kinds_have_their_results(server, project):
    async with connect(server.url, project) as client:
        queue = client.queue("q1")

        async with client.batch() as batch:
            new = batch.insert(queue, "hello", name="new")
            none = batch.get(queue, "none")
        leased = client.batch()
        leases = leased.lease(queue)
        await leased.execute()
        async with client.batch() as batch:
            batch.renew(leases.result()[0], 600)
            batch.delete(leases.result()[0])

        assert new.result().name == "new"
        assert isinstance(none.error, TaskNotFoundError)
        assert await queue.list() == []


async def test_what_an_iterable_of_either_kind_gives_is_stored(server, project):
    async def later():
        for number in range(1200):
            await asyncio.sleep(0)
            yield NewTask(str(number), tag="red")

    async with connect(server.url, project) as client:
        queue = client.queue("q1")

        assert await queue.insert_many(later(), concurrency=1) == InsertReport(stored=1200)
        assert await queue.insert_many(["x"]) == InsertReport(stored=1)
        assert await all_payloads(queue) == [*(b"%d" % n for n in range(1200)), b"x"]


async def test_every_tenth_answer_lost_leaves_exactly_what_was_inserted(server, project):
    tasks = [str(number) for number in range(1000)]
    with relay_to(*server.address) as relay:
        async with connect(relay.url, project) as client:
            relay.will(*([Fate.ARRIVES] * 9 + [Fate.UNANSWERED]) * 3)
            queue = client.queue("q1")

            reports = await asyncio.gather(
                *[queue.insert_many(tasks[start : start + 50]) for start in range(0, 1000, 50)]
            )

            assert sum(report.stored for report in reports) == 1000
            assert Counter(await all_payloads(queue)) == Counter(map(str.encode, tasks))


async def test_an_iterable_that_raises_leaves_a_report(server, project):
    async def broken():
        yield "x"
        raise KeyError("gone")

    async with connect(server.url, project) as client:
        with pytest.raises(BulkInterruptedError, match="KeyError") as caught:
            await client.queue("q1").insert_many(broken())

    assert caught.value.report == InsertReport(stored=1)


async def test_a_cancelled_insert_many_leaves_no_task_of_the_loop_behind(server, project):
    reading = asyncio.Event()

    async def endless():
        while True:
            reading.set()
            yield "x"
            await asyncio.sleep(0)

    async with connect(server.url, project) as client:
        inserting = asyncio.create_task(client.queue("q1").insert_many(endless()))
        await reading.wait()
        inserting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await inserting

        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_tasks_are_deleted_and_what_was_not_given_is_released(server, project):
    async with connect(server.url, project) as client:
        queue = client.queue("q1")
        await queue.insert_many([NewTask("x", name=name) for name in "abc"])

        async with aclosing(queue.lease_iter(seconds=600)) as leases:
            async for lease in leases:
                assert lease.name == "a"
                break

        assert [lease.name for lease in await queue.lease(max_tasks=9)] == ["b", "c"]
        assert await queue.delete_many(list("abcd")) == DeleteReport(deleted=3, missing=1)


async def test_leases_are_kept_while_the_block_runs(server, project):
    renewals: asyncio.Queue[str] = asyncio.Queue()

    def note(attempt):
        if attempt.operation.endswith("update"):
            renewals.put_nowait(attempt.outcome)

    async with AsyncClient(project, endpoint=server.url, on_attempt=note) as client:
        queue = client.queue("q1")
        await queue.insert_many(["x", "y"])

        async with queue.lease(max_tasks=2, seconds=1) as leases, leases.keep_alive(1) as kept:
            for _ in range(2 * 4):
                assert await asyncio.wait_for(renewals.get(), 10) == "200"
            assert len(await queue.lease()) == 0
            for lease in leases:
                await lease.delete()

        assert (kept.lost, await queue.list()) == ((), [])


async def test_a_lost_lease_can_cancel_the_work_and_is_raised(server, project):
    async with connect(server.url, project) as client:
        queue = client.queue("q1")
        await queue.insert("x", name="a")
        [lease] = await queue.lease(seconds=1)
        told = asyncio.Event()

        async def work():
            async with lease.keep_alive(1, on_lost=lambda lost: told.set()) as kept:
                await queue.delete("a")
                await asyncio.wait_for(told.wait(), 10)
                assert kept.lost == (lease,)

        with pytest.raises(LeaseLostError):
            await work()


async def test_a_client_that_closes_keeps_nothing_any_more(server, project):
    async with connect(server.url, project) as client:
        await client.queue("q1").insert("x")
        [lease] = await client.queue("q1").lease(seconds=60)
        keeping = lease.keep_alive(60)
        await keeping.__aenter__()

    assert asyncio.all_tasks() == {asyncio.current_task()}
