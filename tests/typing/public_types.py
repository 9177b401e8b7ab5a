"""What users' type checkers make of the SDK. Checked by ``make lint``, never run.

``type: ignore`` marks what must be an error: the checkers complain of one that is not needed.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, assert_type

from discovery import wire_types
from discovery.service_types import HttpRequest
from tqsdk import (
    AmbiguousResultError,
    ApiError,
    Batch,
    Client,
    Codec,
    InsertReport,
    KeepAlive,
    Lease,
    Leases,
    NewTask,
    NewValue,
    Planned,
    Queue,
    QueueInfo,
    QueueStats,
    Request,
    Response,
    RetryPolicy,
    Task,
    TaskSummary,
    Timeout,
    Transport,
    TypedLease,
    TypedLeases,
    TypedQueue,
    calls,
)
from tqsdk.aio import (
    AsyncClient,
    AsyncLeases,
    AsyncQueue,
    AsyncTypedLease,
    AsyncTypedLeases,
    AsyncTypedQueue,
    Leasing,
)
from tqsdk.codecs import DataclassCodec, FormCodec, JsonCodec, TextCodec
from tqsdk.compat import discovery, googleapi
from tqsdk.testing import Recorder, ScriptedTransport, VirtualClock, WsgiTransport


@dataclass
class Order:
    number: int


class Upper:
    """A codec needs no base class."""

    def encode(self, value: Order, /) -> bytes:
        return b""

    def decode(self, payload: bytes, /) -> Order:
        return Order(0)


def clients(transport: Transport) -> None:
    with Client("p", endpoint="http://h", token="t", timeout=(1, 2), deadline=None) as client:
        assert_type(client, Client)
        assert_type(client.queue("q"), Queue)
        assert_type(client.with_options(deadline=5), Client)
        assert_type(client.perform(calls.list_tasks("p", "q")), list[TaskSummary])
    Client(transport=transport, retry=RetryPolicy(attempts=3), clock=VirtualClock())
    Client("p", endpiont="http://h")  # type: ignore[call-arg]


def queues(queue: Queue) -> None:
    assert_type(queue.insert(b"x", name="n", tag="t", eta=timedelta(1), retry=RetryPolicy()), Task)
    assert_type(queue.insert("x", eta=datetime.now(), deadline=5, headers={"X": "y"}), Task)
    assert_type(queue.get("n"), Task)
    assert_type(queue.list(), list[TaskSummary])
    assert_type(queue.stats(timeout=5), QueueStats)
    assert_type(queue.info(), QueueInfo)
    queue.delete("n", missing_ok=True)
    queue.insert(5)  # type: ignore[arg-type]
    queue.insert(b"x", "n")  # type: ignore[call-arg]
    queue.insert(b"x", tags="t")  # type: ignore[call-arg]


def leases(queue: Queue) -> None:
    with queue.lease(max_tasks=5, seconds=60, tag="t", retry_ambiguous=True) as leased:
        assert_type(leased, Leases)
        assert_type(leased[0], Lease)
        assert_type(leased[1:], tuple[Lease, ...])
        for lease in leased:
            assert_type(lease, Lease)
            assert_type(lease.task, Task)
            assert_type(lease.payload, bytes)
            assert_type(lease.text(), str)
            assert_type(lease.form(), dict[str, str | list[str]])
            assert_type(lease.tag, str | None)
            assert_type(lease.seconds_left, float)
            lease.renew(timedelta(minutes=1))
            print(lease.value)  # type: ignore[attr-defined]


def many(client: Client, queue: Queue, lease: Lease, leased: Leases) -> None:
    with client.batch(deadline=5) as batch:
        assert_type(batch, Batch)
        assert_type(batch.insert(queue, b"x", tag="t").result(), Task)
        assert_type(batch.lease(queue, max_tasks=5), Planned[Leases])
        assert_type(batch.list(queue), Planned[list[TaskSummary]])
        assert_type(batch.delete(queue, "n", missing_ok=True), Planned[None])
        assert_type(batch.delete(lease), Planned[None])
        assert_type(batch.renew(lease, timedelta(minutes=1)).error, Exception | None)
        assert_type(batch.perform(calls.get_task("p", "q", "t")), Planned[Task])
        batch.delete(queue)  # type: ignore[call-overload]
    tasks: list[bytes | str | NewTask] = [
        b"x",
        "y",
        NewTask(b"z", name="n", tag="t", eta=timedelta(1)),
    ]
    assert_type(queue.insert_many(tasks, progress=print, on_failure=print), InsertReport)
    assert_type(queue.delete_many(task.name for task in queue.list()).missing, int)
    queue.insert_many([5])  # type: ignore[list-item]
    for each in queue.lease_iter(max_tasks=5):
        assert_type(each, Lease)
    with lease.keep_alive(on_lost=print) as kept, leased.keep_alive(timedelta(minutes=1)):
        assert_type(kept, KeepAlive)
        assert_type(kept.lost, tuple[Lease, ...])


def values(client: Client) -> None:
    orders = client.queue("q", codec=DataclassCodec(Order))
    assert_type(orders, TypedQueue[Order])
    assert_type(orders.insert(Order(1), tag="t"), Task)
    assert_type(orders.value(orders.get("n")), Order)
    assert_type(orders.raw, Queue)
    with orders.lease(max_tasks=5) as leased:
        assert_type(leased, TypedLeases[Order])
        assert_type(leased[0], TypedLease[Order])
        assert_type([lease.value for lease in leased], list[Order])
    orders.insert(b"x")  # type: ignore[arg-type]
    assert_type(orders.insert_many([Order(1), NewValue(Order(2), tag="t")]), InsertReport)
    orders.insert_many([b"x"])  # type: ignore[list-item]
    for each in orders.lease_iter():
        assert_type(each, TypedLease[Order])

    codec: Codec[Order] = Upper()
    assert_type(client.queue("q", codec=codec), TypedQueue[Order])
    assert_type(client.queue("q", codec=Upper()).lease()[0].value, Order)
    assert_type(client.queue("q", codec=TextCodec()), TypedQueue[str])
    assert_type(client.queue("q", codec=JsonCodec()), TypedQueue[Any])
    form = client.queue("q", codec=FormCodec())
    form.insert({"to": "ada", "cc": ["a", "b"]})
    form.insert({"to": 5})  # type: ignore[dict-item]


async def values_on_a_loop(client: AsyncClient) -> None:
    assert_type(client.queue("q"), AsyncQueue)
    assert_type(client.queue("q").lease(), Leasing[AsyncLeases])
    orders = client.queue("q", codec=DataclassCodec(Order))
    assert_type(orders, AsyncTypedQueue[Order])
    assert_type(await orders.insert(Order(1), tag="t"), Task)
    assert_type(orders.value(await orders.get("n")), Order)
    assert_type(orders.raw, AsyncQueue)
    async with orders.lease(max_tasks=5) as leased:
        assert_type(leased, AsyncTypedLeases[Order])
        assert_type(leased[0], AsyncTypedLease[Order])
        assert_type([lease.value for lease in leased], list[Order])
    assert_type(await orders.lease(), AsyncTypedLeases[Order])
    assert_type(await orders.insert_many([Order(1), NewValue(Order(2), tag="t")]), InsertReport)
    async for each in orders.lease_iter():
        assert_type(each, AsyncTypedLease[Order])
    await orders.insert(b"x")  # type: ignore[arg-type]


def errors(error: ApiError, lost: AmbiguousResultError) -> None:
    assert_type(error.status, int)
    assert_type(error.reason, str | None)
    assert_type(error.retry_after, float | None)
    assert_type((lost.queue, lost.task, lost.attempts), tuple[str | None, str | None, int])


def models(task: Task, data: Mapping[str, Any]) -> None:
    assert_type(Task.from_api(data, project="p", queue="q"), Task)
    assert_type(task.to_api(), dict[str, Any])
    assert_type(task.lease_expires_at, datetime | None)
    task.name = "other"  # type: ignore[misc]


def transports(app: Any) -> None:
    recorder = Recorder(WsgiTransport(app))
    assert_type(recorder.send(Request("GET", "http://h"), Timeout(1, 1)), Response)
    Client(transport=recorder)
    Client(transport=ScriptedTransport(*recorder.answers))


def googles_client() -> None:
    for service in googleapi.build(endpoint="http://h"), discovery.build("taskqueue", "v1beta2"):
        assert_type(service, googleapi.TaskqueueResource)
        tasks = service.tasks()
        lease = tasks.lease(project="p", taskqueue="q", numTasks=1, leaseSecs=60, fields="items")
        assert_type(lease, HttpRequest[wire_types.Tasks])
        assert_type(lease.execute(num_retries=3).get("items", []), list[wire_types.Task])
        assert_type(tasks.delete(project="p", taskqueue="q", task="t").execute(), str)
        tasks.lease(project="p", taskqueue="q", numTasks=1)  # type: ignore[call-arg]
        tasks.lease(project="p", taskqueue="q", numTask=1, leaseSecs=6)  # type: ignore[call-arg]
        body: wire_types.Task = {"payloadBase64": "eA==", "queueName": "q"}
        assert_type(tasks.insert(project="p", taskqueue="q", body=body).execute(), wire_types.Task)
        with service as entered:
            assert_type(entered, googleapi.TaskqueueResource)


def literals(version: Literal["v1beta2"]) -> None:
    discovery.build(serviceName="taskqueue", version=version, cache_discovery=False)
