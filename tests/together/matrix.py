"""Every operation under every fault: what the client says, and what has happened on the server."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from emulator.testing import Server
from tests.together.drivers import IMPATIENCE, PATIENCE, PAYLOAD, Driver, MakeDriver
from tests.together.faults import Fault, trouble_with
from tests.together.relay import relay_to
from tqsdk import Client, Queue


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, and how the server shows that it was carried out.

    Attributes:
        name: In a few words.
        prepare: Makes what the operation is for: on the server, and through the driver.
        perform: Does it, to what *prepare* returned.
        effects: How often it has been carried out, by what the server has now.
        is_true: Whether what *perform* returned is what the server has now.
        changes: Whether it changes anything.
    """

    name: str
    prepare: Callable[[Queue, Driver], Any]
    perform: Callable[[Driver, Any], Any]
    effects: Callable[[Queue, Any], int]
    is_true: Callable[[Queue, Any], bool] = lambda server, answer: answer is None
    changes: bool = True


@dataclass(frozen=True, slots=True)
class End:
    """How an operation ended.

    Attributes:
        error: What the client raised, if it did.
        effects: How often the server carried it out.
        is_true: Whether the client's answer is what the server has; False if there is none.
        waited: The seconds of each wait before an attempt.
    """

    error: Exception | None
    effects: int
    is_true: bool
    waited: tuple[float, ...]


def end_of(
    operation: Operation,
    fault: Fault,
    server: Server,
    make_driver: MakeDriver,
    *,
    lasting: bool = False,
    hides_attempts: bool = False,
) -> End:
    """Let *fault* strike *operation*, on a queue of its own.

    Args:
        operation: Prepared while all is well.
        fault: What happens to its first request.
        server: Which carries it out.
        make_driver: Makes the client.
        lasting: Whether it happens to all its requests.
        hides_attempts: Whether the server seems not to know ``X-TaskQueue-Attempt``.
    """
    project = f"matrix-{uuid.uuid4().hex[:12]}"
    timeout = IMPATIENCE if fault.is_slow else PATIENCE
    with (
        Client(project, endpoint=server.url) as looker,
        relay_to(*server.address) as relay,
        trouble_with(relay) as trouble,
        closing(make_driver(trouble, project, "q1", timeout)) as driver,
    ):
        relay.hides_attempts = hides_attempts
        there = looker.queue("q1")
        prepared = operation.prepare(there, driver)
        trouble.strike(fault, lasting=lasting)
        error, answer = None, None
        try:
            answer = operation.perform(driver, prepared)
        except Exception as raised:
            error = raised
        trouble.end()
        return End(
            error,
            operation.effects(there, prepared),
            error is None and operation.is_true(there, answer),
            tuple(driver.waited),
        )


def _nothing(server: Queue, driver: Driver) -> None:
    """The queue is empty."""


def _a_task(server: Queue, driver: Driver) -> str:
    return server.insert(PAYLOAD, name="a").name


def _three_tasks(server: Queue, driver: Driver) -> None:
    for name in "abc":
        server.insert(PAYLOAD, name=name)


def _a_lease(server: Queue, driver: Driver) -> tuple[Any, int]:
    """A lease of the driver's, and its token."""
    _a_task(server, driver)
    [lease] = driver.lease()
    return lease, server.get("a").lease_token


def _stored(server: Queue, prepared: Any) -> int:
    return server.stats().total_tasks


def _is_stored(server: Queue, name: str) -> bool:
    return server.get(name).payload == PAYLOAD


def _lease_counts(server: Queue, prepared: Any) -> int:
    return sum(task.retry_count for task in server.list())


def _are_leased(server: Queue, leases: list[Any]) -> bool:
    return len(leases) == 1 and [task.retry_count for task in server.list()] == [0, 0, 1]


def _later(server: Queue, prepared: tuple[Any, int]) -> int:
    return int(server.get("a").lease_token > prepared[1])


def _earlier(server: Queue, prepared: tuple[Any, int]) -> int:
    return int(server.get("a").lease_token < prepared[1])


def _untouched(server: Queue, prepared: Any) -> int:
    """A read is carried out when it is answered; all that can be seen is that nothing changed."""
    [task] = server.list()
    return int((task.name, task.retry_count) == ("a", 0))


def _read(name: str, perform: Callable[[Driver, Any], Any], right: Any) -> Operation:
    def is_true(server: Queue, answer: Any) -> bool:
        return bool(answer == right)

    return Operation(name, _a_task, perform, _untouched, is_true, changes=False)


OPERATIONS = (
    Operation(
        "insert",
        _nothing,
        lambda driver, _: driver.insert(None),
        _stored,
        _is_stored,
    ),
    Operation(
        "insert, named by the user",
        _nothing,
        lambda driver, _: driver.insert("mine"),
        _stored,
        _is_stored,
    ),
    Operation(
        "insert, dedupe=False",
        _nothing,
        lambda driver, _: driver.insert(None, dedupe=False),
        _stored,
        _is_stored,
    ),
    Operation("lease", _three_tasks, lambda driver, _: driver.lease(), _lease_counts, _are_leased),
    Operation(
        "renew",
        _a_lease,
        lambda driver, prepared: driver.renew(prepared[0]),
        _later,
        lambda server, token: token == server.get("a").lease_token,
    ),
    Operation("release", _a_lease, lambda driver, prepared: driver.release(prepared[0]), _earlier),
    Operation(
        "delete",
        _a_task,
        lambda driver, name: driver.delete(name),
        lambda server, _: 1 - server.stats().total_tasks,
    ),
    _read("get", lambda driver, name: driver.get(name), PAYLOAD),
    _read("list", lambda driver, _: driver.list(), ["a"]),
    _read("stats", lambda driver, _: driver.stats(), 1),
    _read("info", lambda driver, _: driver.info(), "q1"),
)

BY_NAME = {each.name: each for each in OPERATIONS}
