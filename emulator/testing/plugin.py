"""The pytest plugin: a server for the session, a project of its own for each test.

pytest reads this module in every project of an environment that has taskqueue-sdk, so it imports
nothing until a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from emulator.testing.controls import ClockControls, FaultControls, JournalControls
    from emulator.testing.kit import TaskQueue
    from emulator.testing.running import Mode
    from emulator.testing.server import Server

_SLEEPS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a project's configuration may say."""
    parser.addini(
        "taskqueue_mode",
        "How taskqueue_server runs: thread, process or wsgi (no port)",
        default="thread",
    )
    parser.addini(
        "taskqueue_no_sleep",
        "Whether a test fails that sleeps in real time",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "taskqueue(mode=, queues=, limits=, auto_create=, ...): give the test a server of its own;"
        " the arguments are those of emulator.running()",
    )


@pytest.fixture(scope="session")
def taskqueue_server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """A server for all tests of this process, with its control API."""
    from emulator.testing.running import running

    with running(mode=cast("Mode", pytestconfig.getini("taskqueue_mode"))) as server:
        yield server


@pytest.fixture
def taskqueue(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TaskQueue]:
    """A project that no other test uses, on the session's server or, where marked, on another.

    The variables by which programs find it are set meanwhile.
    """
    from emulator.testing.kit import TaskQueue
    from emulator.testing.naming import project_of
    from emulator.testing.running import running

    marker = request.node.get_closest_marker("taskqueue")
    with ExitStack() as stack:
        if marker is None:
            server: Server = request.getfixturevalue("taskqueue_server")
        else:
            mode = request.config.getini("taskqueue_mode")
            server = stack.enter_context(running(**{"mode": mode, **_arguments(marker)}))
        kit = TaskQueue(server, project_of(request.node.name))
        for name, value in kit.environment.items():
            monkeypatch.setenv(name, value)
        yield kit
        server.reset(project=kit.project)


@pytest.fixture
def taskqueue_clock(taskqueue: TaskQueue) -> Iterator[ClockControls]:
    """The clock of the test's server; afterwards all of the server is reset."""
    yield taskqueue.server.clock
    taskqueue.server.reset()


@pytest.fixture
def taskqueue_faults(taskqueue: TaskQueue) -> Iterator[FaultControls]:
    """The faults of the test's server; afterwards there are none."""
    yield taskqueue.server.faults
    taskqueue.server.faults.clear()


@pytest.fixture
def taskqueue_journal(taskqueue: TaskQueue) -> JournalControls:
    """What was asked and answered of the test's project."""
    return taskqueue.journal


@pytest.fixture
def no_sleep(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the test fail if anything in its process sleeps in real time."""
    from emulator.testing.no_sleep import no_sleeping

    with no_sleeping() as tried:
        request.node.stash[_SLEEPS] = tried
        yield


@pytest.fixture(autouse=True)
def _taskqueue_no_sleep(request: pytest.FixtureRequest) -> None:
    if request.config.getini("taskqueue_no_sleep"):
        request.getfixturevalue("no_sleep")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that passed in spite of a sleep, because somebody caught the error."""
    yield
    tried = item.stash.get(_SLEEPS, [])
    if tried:
        pytest.fail(f"a test may not sleep: {'; '.join(tried)}", pytrace=False)


def _arguments(marker: pytest.Mark) -> dict[str, Any]:
    if marker.args:
        raise pytest.UsageError("the marker taskqueue takes only named arguments, as running()")
    return dict(marker.kwargs)
