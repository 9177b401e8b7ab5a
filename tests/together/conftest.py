"""One server for each test process, and a project of its own for each test."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator

import pytest

from emulator.testing import Server
from tests.together.nodejs import modules, node  # noqa: F401 - fixtures
from tests.together.python27 import packages, python27  # noqa: F401 - fixtures
from tqsdk import Client, Leases, Queue

pytest.register_assert_rewrite("tests.together.walk")


@pytest.fixture(scope="session")
def server(taskqueue_server: Server) -> Server:
    """A server with its defaults: queues spring into being, any token is good."""
    return taskqueue_server


@pytest.fixture
def project() -> str:
    """A project id that no other test uses."""
    return a_project()


@pytest.fixture
def client(server: Server, project: str) -> Iterator[Client]:
    with Client(project, endpoint=server.url) as client:
        yield client


@pytest.fixture
def queue(client: Client) -> Queue:
    return client.queue("q1")


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Prints a line at once, past pytest's capture: for what makes a run slow."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{line}", file=sys.stderr, flush=True)

    return say


def a_project() -> str:
    """A name for ``project``, for fixtures that outlive a test."""
    return f"test-{uuid.uuid4().hex[:12]}"


def names(leases: Leases) -> list[str]:
    return [lease.name for lease in leases]
