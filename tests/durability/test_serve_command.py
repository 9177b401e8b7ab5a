"""``tq-emulator`` as its users and their scripts meet it."""

from __future__ import annotations

import signal
import socket
import sqlite3
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.durability.process import ServerProcess, environment, failed_run


@pytest.fixture
def server(tmp_path):
    process = ServerProcess(tmp_path)
    yield process
    process.kill()


def test_the_line_names_the_port_that_answers(server):
    with urlopen(f"{server.url}/readyz", timeout=10) as response:
        assert response.status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_cleanly(tmp_path, number):
    server = ServerProcess(tmp_path)

    assert server.stop(number) == 0
    assert not Path(tmp_path, "taskqueue.db-wal").exists()  # folded into the file


def test_a_second_server_on_the_same_file_says_so(server, tmp_path):
    second = failed_run(tmp_path, "serve", "--port", "0")

    assert second.returncode == 1
    assert one_line(second.stderr).startswith("tq-emulator: taskqueue.db is served by another")


def test_a_busy_port_is_named(server, tmp_path):
    second = failed_run(tmp_path, "serve", "--port", str(server.port), "--store", "sqlite://")

    assert second.returncode == 2
    assert f"port {server.port}" in one_line(second.stderr)


def test_a_port_that_a_listener_of_another_program_has_is_busy_too(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        run = failed_run(tmp_path, "serve", "--port", str(port), "--store", "sqlite://")

    assert run.returncode == 2
    assert f"port {port}" in one_line(run.stderr)


def test_a_bad_queue_file_is_named_with_its_line(tmp_path):
    Path(tmp_path, "queue.yaml").write_text("queue:\n- name: good\n  mode: pull\n- name: b_d\n")

    run = failed_run(tmp_path, "serve", "--port", "0")

    assert run.returncode == 2
    assert one_line(run.stderr).startswith("tq-emulator: queue.yaml:4: ")


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("redis://localhost", "use sqlite:///FILE"),
        ("sqlite:///missing/folder/t.db", "No such file or directory"),
        ("sqlite:///folder", "Is a directory"),
        ("sqlite:///garbage.db", "not a database"),
        ("sqlite:///other.db", "another program"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_line(tmp_path, store, words):
    Path(tmp_path, "folder").mkdir()
    Path(tmp_path, "garbage.db").write_bytes(b"no database, whatever its name says " * 100)
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE precious (id INTEGER)")
    other.close()

    run = failed_run(tmp_path, "serve", "--port", "0", "--store", store)

    assert run.returncode == 2
    assert words in one_line(run.stderr)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("TQ_EMULATOR_STORE", "redis://", "redis"),
        ("TQ_EMULATOR_PORT", "70000", "70000"),
        ("TQ_EMULATOR_QUEUES", "nowhere.yaml", "nowhere.yaml"),
        ("TQ_EMULATOR_LIMITS", "lax", "lax"),
        ("TQ_EMULATOR_PARTITION", "ss", "partition"),
        ("TQ_EMULATOR_TOMBSTONE_DAYS", "-1", "tombstone"),
        ("TQ_EMULATOR_DURABILITY", "most", "most"),
        ("TQ_EMULATOR_HOST", "no.such.host.invalid", "no.such.host.invalid"),
    ],
)
def test_environment_variables_are_options(tmp_path, variable, value, words):
    run = failed_run(tmp_path, "serve", "--insecure", **{"TQ_EMULATOR_PORT": "0", variable: value})

    assert run.returncode == 2
    assert words in run.stderr
    assert "Traceback" not in run.stderr


def test_wait_returns_when_the_server_is_ready(server, tmp_path):
    run = failed_run(tmp_path, "wait", "--url", server.url, "--timeout", "10")

    assert (run.returncode, run.stderr) == (0, "")


def test_wait_gives_up_in_time_and_says_why(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        run = failed_run(tmp_path, "wait", "--url", url, "--timeout", "0")

    assert run.returncode == 1
    assert one_line(run.stderr).startswith(f"tq-emulator: {url} is not ready after 0 s: ")


def test_the_environment_of_the_tests_sets_nothing():
    assert not [name for name in environment() if name.startswith("TQ_EMULATOR_")]


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    return text
