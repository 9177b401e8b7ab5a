"""The emulator for all tests, and a paused queue for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.together import cloud_tasks_server
from tqsdk.migrate.cloudtasks import service

_numbers = count()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory) -> Iterator[str]:
    with cloud_tasks_server.running(tmp_path_factory.mktemp("cloudtasks")) as host:
        yield host


@pytest.fixture
def cloudtasks(emulator: str, monkeypatch) -> Iterator[Any]:
    monkeypatch.setenv("CLOUD_TASKS_EMULATOR_HOST", emulator)
    client = service.client()
    yield client
    client.transport.close()


@pytest.fixture
def queue(cloudtasks: Any) -> str:
    """The name of a queue that sends nothing."""
    location = "projects/my-app/locations/europe-west1"
    name = f"{location}/queues/mail-{next(_numbers)}"
    cloudtasks.create_queue(parent=location, queue={"name": name})
    cloudtasks.pause_queue(name=name)
    return name
