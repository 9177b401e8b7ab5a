"""AsyncClient against a real server, with and without a relay that loses answers between them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import cycle

import pytest

from emulator.testing import Server
from tests.together.conftest import names
from tests.together.relay import Fate, Relay, relay_to
from tqsdk import RetryPolicy
from tqsdk.aio import AsyncClient

_AT_ONCE = RetryPolicy(base=0, attempts=10)
_EVERY_TENTH_ANSWER_LOST = [*[Fate.ARRIVES] * 9, Fate.UNANSWERED]


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with relay_to(*server.address) as relay:
        yield relay


def a_client(project: str, url: str) -> AsyncClient:
    return AsyncClient(project, endpoint=url, retry=_AT_ONCE)


async def test_64_operations_at_once_do_not_disturb_each_other(server, project):
    async def one(number):
        name, payload = f"task-{number}", str(number).encode()
        stored = await queue.insert(payload, name=name, tag=name)
        [lease] = await queue.lease(tag=name)
        await lease.renew(120)
        found = await queue.get(name)
        await lease.delete()
        return (stored.payload, lease.payload, found.payload) == (payload,) * 3

    async with a_client(project, server.url) as client:
        queue = client.queue("q1")
        done = await asyncio.gather(*[one(number) for number in range(64)])
        left = await queue.stats()

    assert done == [True] * 64
    assert left.total_tasks == 0


async def test_512_inserts_at_once_of_which_every_tenth_answer_is_lost_leave_512_tasks(
    relay, project, queue
):
    relay.will_always(cycle(_EVERY_TENTH_ANSWER_LOST))
    async with a_client(project, relay.url) as client:
        far = client.queue("q1")
        tasks = await asyncio.gather(*[far.insert(str(number)) for number in range(512)])

    assert sum(task.deduplicated for task in tasks) >= 40
    assert queue.stats().total_tasks == 512


@pytest.mark.parametrize("fate", [Fate.IGNORED, Fate.LATE])
async def test_a_block_cancelled_in_the_middle_of_a_renewal_gives_the_task_back(
    relay, project, queue, fate
):
    async def work():
        async with far.lease(seconds=600) as leases:
            relay.will(fate)
            renewing.set()
            await leases[0].renew(6000)

    queue.insert(b"x", name="a")
    renewing = asyncio.Event()
    async with a_client(project, relay.url) as client:
        far = client.queue("q1")
        working = asyncio.create_task(work())
        await renewing.wait()
        before = queue.get("a").lease_token
        while not relay.seen or (fate is Fate.LATE and queue.get("a").lease_token == before):
            await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    assert names(queue.lease()) == ["a"]


async def test_the_answer_to_a_cancelled_request_is_not_taken_for_that_to_the_next(
    relay, project, queue
):
    queue.insert(b"x", name="a")
    queue.insert(b"y", name="b")

    async with a_client(project, relay.url) as client:
        far = client.queue("q1")
        for _ in range(20):
            relay.will()
            asking = asyncio.create_task(far.get("a"))
            while not relay.seen:
                await asyncio.sleep(0)
            asking.cancel()
            assert (await far.get("b")).payload == b"y"


async def test_closing_the_client_closes_its_connections(relay, project):
    async with a_client(project, relay.url) as client:
        await asyncio.gather(*[client.queue("q1").list() for _ in range(5)])

    assert relay.is_left_by_all(within=2)
