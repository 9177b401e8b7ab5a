"""The program's parts, each over the project of its test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from googleapiclient.discovery import build
from post.archive import Archive
from post.postman import Postman
from post.telegraph import Telegraph

from emulator.testing import TaskQueue
from tqsdk import Client
from tqsdk.testing import VirtualClock


@pytest.fixture
def client(taskqueue: TaskQueue) -> Iterator[Client]:
    # Where the server is, and the project, are in the environment. Retries do not wait for real.
    clock = VirtualClock(taskqueue.server.clock.now())
    with Client(clock=clock) as client:
        yield client


@pytest.fixture
def delivered() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def postman(client: Client, delivered: list[tuple[str, str]]) -> Postman:
    """One who finds everybody at home."""
    return Postman(client, lambda to, text: not delivered.append((to, text)))


@pytest.fixture
def vain_postman(client: Client) -> Postman:
    """One who finds nobody at home."""
    return Postman(client, lambda to, text: False)


@pytest.fixture
def archive(taskqueue: TaskQueue) -> Iterator[Archive]:
    with build(
        "taskqueue",
        "v1beta2",
        discoveryServiceUrl=taskqueue.discovery_url,
        static_discovery=False,
        developerKey="none",
    ) as service:
        yield Archive(service, taskqueue.project)


@pytest.fixture
def telegraph(taskqueue: TaskQueue) -> Telegraph:
    return Telegraph(taskqueue.queue_url("telegrams"))
