"""The emulator for all tests, and a topic with a subscription for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.together import pubsub_server
from tqsdk.clock import SystemClock
from tqsdk.migrate.pubsub.service import Service, service

_numbers = count()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory) -> Iterator[str]:
    try:
        with pubsub_server.running(tmp_path_factory.mktemp("pubsub")) as host:
            yield host
    except pubsub_server.AbsentError as error:
        pytest.skip(str(error))


@pytest.fixture
def pubsub(emulator: str, monkeypatch) -> Iterator[Service]:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    made = service(SystemClock())
    yield made
    made.close()


@pytest.fixture
def topic(pubsub: Service) -> str:
    """A name that no test has used yet."""
    return f"projects/my-app/topics/mail-{next(_numbers)}"


@pytest.fixture
def subscription(topic: str) -> str:
    return topic.replace("/topics/", "/subscriptions/")
