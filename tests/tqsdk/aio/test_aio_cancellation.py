"""Cancelled at any moment: what is left on the server, and what of it is given back."""

from __future__ import annotations

import asyncio

import pytest

from tests.tqsdk.batches import ids, multipart, part
from tqsdk import ConnectError, Request, Response, RetryPolicy, Timeout
from tqsdk.aio import AsyncClient, unfinished
from tqsdk.testing import answer


class Server:
    """A transport whose answers can be held back.

    Attributes:
        sent: Verb and path below the queue of each request, and how many parts a batch has.
        asked: Set when a request comes.
        open: Cleared to hold back the answers.
    """

    def __init__(self, tasks) -> None:
        self.sent: list[str] = []
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self._tasks = tasks

    async def send(self, request: Request, timeout: Timeout) -> Response:
        parts = ids(request)
        path = request.url.rpartition("/")[2].partition("?")[0]
        self.sent.append(f"batch of {len(parts)}" if parts else f"{request.method} {path}")
        self.asked.set()
        await self.open.wait()
        if parts:
            return multipart([part(id, answer(self._tasks[0])) for id in parts])
        is_lease = request.url.partition("?")[0].endswith("/tasks/lease")
        return answer({"items": self._tasks} if is_lease else self._tasks[0])


@pytest.fixture
def a_server(a_task):
    def make(names="ab"):
        server = Server([a_task(id=name, leaseTimestamp="5") for name in names])
        client = AsyncClient("p", transport=server, retry=RetryPolicy.none())
        return server, client

    return make


async def test_a_cancelled_operation_ends_at_once_and_is_not_repeated(a_server):
    server, client = a_server()
    server.open.clear()
    inserting = asyncio.create_task(client.queue("q").insert(b"x"))
    await server.asked.wait()

    inserting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await inserting

    assert server.sent == ["POST tasks"]


async def test_a_wait_between_attempts_can_be_cancelled(scripted):
    client, transport = scripted(ConnectError("x"), answer({}))
    asking = asyncio.create_task(client.queue("q").list())

    while not transport.requests:
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert len(transport.requests) == 1


async def test_leaving_the_block_releases_what_is_neither_deleted_nor_released(a_server):
    server, client = a_server("abc")

    async with client.queue("q").lease(max_tasks=3) as leases:
        await leases[0].delete()
        await leases[1].release()

    assert server.sent == ["POST lease", "DELETE a", "POST b", "POST c"]


async def test_leases_that_were_awaited_are_a_block_too(a_server):
    server, client = a_server("a")

    async with await client.queue("q").lease() as leases:
        assert len(leases) == 1

    assert server.sent == ["POST lease", "POST a"]


async def test_an_exception_in_the_block_releases_too_and_goes_on(a_server):
    server, client = a_server("a")

    with pytest.raises(KeyError):
        async with client.queue("q").lease():
            raise KeyError("x")

    assert server.sent == ["POST lease", "POST a"]


async def test_a_failing_release_does_not_hide_the_error_of_the_block(scripted, a_task, caplog):
    client, _ = scripted(
        answer({"items": [a_task()]}), ConnectError("refused"), retry=RetryPolicy.none()
    )

    with pytest.raises(KeyError):
        async with client.queue("q").lease():
            raise KeyError("x")

    assert "leases run out" in caplog.text


async def test_a_failing_release_is_raised_if_nothing_else_is(scripted, a_task):
    client, _ = scripted(
        answer({"items": [a_task()]}), ConnectError("refused"), retry=RetryPolicy.none()
    )

    with pytest.raises(ConnectError):
        async with client.queue("q").lease():
            pass


async def test_a_cancelled_block_releases_and_the_cancellation_goes_on(a_server):
    server, client = a_server("ab")
    entered = asyncio.Event()

    async def work():
        async with client.queue("q").lease(max_tasks=2):
            entered.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await entered.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert server.sent == ["POST lease", "batch of 2"]


async def test_a_block_that_runs_out_of_time_releases(a_server):
    server, client = a_server("a")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), client.queue("q").lease():
            await asyncio.Event().wait()

    assert server.sent == ["POST lease", "POST a"]


async def test_a_block_cancelled_while_it_releases_ends_at_once_and_the_client_sees_to_the_rest(
    a_server,
):
    server, client = a_server("ab")

    leases = await client.queue("q").lease(max_tasks=2)

    async def work():
        async with leases:
            server.open.clear()

    working = asyncio.create_task(work())
    while server.sent != ["POST lease", "batch of 2"]:
        await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert [lease.settled for lease in leases] == [False, False]

    server.open.set()
    await client.close()

    assert [lease.settled for lease in leases] == [True, True]


async def test_a_batch_that_is_cancelled_leaves_its_leases_to_others(a_server):
    server, client = a_server("ab")
    leases = await client.queue("q").lease(max_tasks=2)
    server.open.clear()
    batch = client.batch()
    planned = [batch.renew(lease, 60) for lease in leases]

    executing = asyncio.create_task(batch.execute())
    while len(server.sent) < 2:
        await asyncio.sleep(0)
    executing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await executing
    server.open.set()

    assert not any(each.done for each in planned)
    await asyncio.wait_for(leases.release(), 5)
    assert [lease.settled for lease in leases] == [True, True]


async def test_a_server_that_does_not_answer_does_not_hold_up_a_cancellation(
    a_server, monkeypatch, caplog
):
    monkeypatch.setattr("tqsdk.aio.lease.LINGER", 0.01)
    server, client = a_server("ab")

    async def work():
        async with client.queue("q").lease(max_tasks=2):
            server.open.clear()
            entered.set()
            await asyncio.Event().wait()

    entered = asyncio.Event()
    working = asyncio.create_task(work())
    await entered.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert server.sent == ["POST lease", "batch of 2"]
    assert "leases run out: not done within 0.01 s" in caplog.text


async def test_a_client_that_closes_gives_up_on_what_takes_too_long(monkeypatch, caplog):
    monkeypatch.setattr(unfinished, "LINGER", 0.01)
    work = unfinished.Unfinished()
    waiting = asyncio.create_task(work.finish(_forever()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await work.wait()

    assert "leases run out: given up" in caplog.text


async def _forever() -> None:
    await asyncio.Event().wait()


async def test_a_lease_call_that_is_cancelled_enters_no_block(a_server):
    server, client = a_server("a")
    server.open.clear()
    entered = []

    async def work():
        async with client.queue("q").lease() as leases:
            entered.append(leases)

    working = asyncio.create_task(work())
    await server.asked.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert entered == []
    assert server.sent == ["POST lease"]
