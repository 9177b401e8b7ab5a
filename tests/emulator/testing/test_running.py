"""A server for as long as a block runs, in each of its modes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path

import pytest

import emulator
from discovery.queue_files import QueueFileError
from emulator.cli import serve as serve_command
from emulator.config import Settings, SettingsError
from emulator.engine.clock import VirtualClock
from emulator.storage.errors import StoreOpenError
from emulator.testing.options import ServerOptions, arguments, settings_of
from emulator.testing.process import ServerStartError
from emulator.testing.server import NotThereError
from tests.emulator.testing.plain import ask, insert

every_mode = pytest.mark.parametrize("mode", ["thread", "process", "wsgi"])
in_this_process = pytest.mark.parametrize("mode", ["thread", "wsgi"])


@every_mode
def test_it_answers_and_can_be_controlled(mode):
    with emulator.running(mode=mode) as server:
        assert server.queues() == []
        name = insert(server, "q")

        assert [each.name for each in server.tasks("p", "q")] == [name]


@every_mode
def test_it_takes_the_settings_of_the_server(mode):
    with emulator.running(mode=mode, queues=["mail"], partition="e", limits="strict") as server:
        queue = ask(server, "GET", "/taskqueue/v1beta2/projects/e~p/taskqueues/mail")

    assert queue["id"] == "projects/e~p/taskqueues/mail"


@every_mode
@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"limits": "lax"}, SettingsError, "limits 'lax'"),
        ({"store": "mysql://"}, SettingsError, "store 'mysql://'"),
        ({"queues": "/nowhere/queue.yaml"}, QueueFileError, "/nowhere/queue.yaml"),
        ({"store": Path("/nowhere/t.db")}, StoreOpenError, "/nowhere/t.db"),
        ({"store": "sqlite://", "on_disk": True}, SettingsError, "give one of them"),
        ({"no_such_setting": 1}, TypeError, "no_such_setting"),
    ],
)
def test_what_it_cannot_serve_is_said(mode, wrong, error, text):
    with (
        pytest.raises((error, ServerStartError), match=text),
        emulator.running(mode=mode, **wrong),
    ):
        pass


def test_there_are_three_modes():
    with (
        pytest.raises(SettingsError, match="use thread, process or wsgi"),
        emulator.running(mode="fork"),
    ):
        pass


@every_mode
def test_a_file_of_its_own_goes_with_it(mode, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    with emulator.running(mode=mode, on_disk=True) as server:
        insert(server, "q")
        assert list(tmp_path.glob("*/taskqueue.db"))

    assert list(tmp_path.iterdir()) == []


@every_mode
def test_a_file_that_is_given_stays(mode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with emulator.running(mode=mode, store="sqlite:///t.db") as server:
        name = insert(server, "q")

    with emulator.running(mode=mode, store=tmp_path / "t.db") as server:
        assert [each.name for each in server.tasks("p", "q")] == [name]


@every_mode
def test_the_control_token_is_brought_along(mode):
    with emulator.running(mode=mode, control_token="open sesame") as server:
        assert server.queues() == []


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_programs_find_it_through_the_environment(mode):
    with emulator.running(mode=mode) as server:
        host = server.environment["TASKQUEUE_EMULATOR_HOST"]

        assert server.url == f"http://{host}" == server.environment["TASKQUEUE_ENDPOINT"]
        assert host.startswith("127.0.0.1:")


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_it_listens_where_it_is_told_to(mode):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with emulator.running(mode=mode, port=port) as server:
        assert server.host == f"127.0.0.1:{port}"


def test_a_port_that_is_taken_is_told_of():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with (
            pytest.raises(SettingsError, match=f"port {port}"),
            emulator.running(port=port),
        ):
            pass


def test_without_a_port_there_is_no_address():
    with emulator.running(mode="wsgi") as server:
        assert server.environment == {}
        with pytest.raises(NotThereError, match=r"server\.wsgi"):
            _ = server.url


def test_in_a_process_of_its_own_there_is_no_application():
    with (
        emulator.running(mode="process") as server,
        pytest.raises(NotThereError, match=r"server\.url"),
    ):
        _ = server.wsgi


def test_in_a_thread_it_is_an_application_too():
    with emulator.running() as server:
        name = insert(server, "q")

        listing = server.wsgi.test_client().get("/taskqueue/v1beta2/projects/p/taskqueues/q/tasks")

    assert [each["id"] for each in listing.json["items"]] == [name]


@in_this_process
def test_it_may_have_a_clock_of_the_tests(mode):
    clock = VirtualClock()

    with emulator.running(mode=mode, clock=clock) as server:
        before = server.clock.now()
        clock.advance(60)

        assert (server.clock.now() - before).total_seconds() == 60


def test_a_process_of_its_own_cannot_have_it():
    with (
        pytest.raises(SettingsError, match="this clock"),
        emulator.running(mode="process", clock=VirtualClock()),
    ):
        pass


@every_mode
def test_nothing_is_left_of_it(mode):
    before = threading.active_count()

    with emulator.running(mode=mode) as server:
        host = server.environment.get("TASKQUEUE_EMULATOR_HOST")

    assert threading.active_count() == before
    if host is not None:
        address, _, port = host.partition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, int(port)))


def test_its_process_ends_when_its_starter_is_killed():
    program = (
        "import emulator, sys\n"
        "with emulator.running(mode='process') as server:\n"
        "    print(server.host, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as starter:
        address, _, port = starter.stdout.readline().strip().partition(":")
        with socket.create_connection((address, int(port))) as connection:
            os.kill(starter.pid, signal.SIGKILL)

            # Idle connections are hung up on when a server ends.
            connection.settimeout(20)
            assert connection.recv(1) == b""


def test_its_own_environment_has_no_settings_of_ours(monkeypatch):
    monkeypatch.setenv("TQ_EMULATOR_LIMITS", "lax")

    with emulator.running(mode="process") as server:
        assert server.queues() == []


def test_every_setting_can_be_said_to_the_command():
    options = {word for each in serve_command.params for word in (*each.opts, *each.secondary_opts)}
    other = {
        "store": "sqlite:///t.db",
        "durability": "off",
        "queues": Path("q"),
        "auto_create": False,
        "limits": "strict",
        "partition": "e",
        "tombstone_days": 1,
        "google_audiences": ("a", "b"),
        "allowed_hosts": ("a", "b"),
        "cors": ("http://a",),
        "control_token": "t",
        "journal": 7,
    }
    settings = Settings(
        auth="google",
        **other,
        **{each.name: True for each in fields(Settings) if each.default is False},
    )
    tokens = Settings(auth="tokens", tokens=Path("t"))

    said = [*arguments(settings), *arguments(tokens)]

    assert {each for each in said if each.startswith("--")} <= options
    told = serve_command.make_context("serve", list(arguments(settings))).params
    for each in fields(Settings):
        assert told[each.name] == getattr(settings, each.name), each.name


def test_every_setting_is_an_option_of_running():
    of_running = set(ServerOptions.__annotations__) | {"control"}

    assert {each.name for each in fields(Settings)} == of_running


def test_queues_are_a_file_or_names(tmp_path):
    settings = settings_of({"queues": ["a", "b"]}, tmp_path)

    assert settings.queues == tmp_path / "queue.yaml"
    assert settings_of({"queues": "x.yaml"}, tmp_path).queues == Path("x.yaml").resolve()


def test_running_is_known_by_its_short_name_only():
    with pytest.raises(AttributeError, match="jogging"):
        _ = emulator.jogging
