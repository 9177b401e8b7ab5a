"""``tq-emulator relay`` in front of a real WSGI server, which cannot lose an answer itself."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import threading
from contextlib import closing, contextmanager

import pytest
from werkzeug.serving import make_server

from emulator.app import create_app
from emulator.config import SettingsError
from emulator.serve import relay
from tests.durability.process import command, environment, failed_run

TASKS = "/taskqueue/v1beta2/projects/s~p/taskqueues/q/tasks"
FAULTS = "/_emulator/v1/faults"


@pytest.fixture(scope="module")
def wsgi_port():
    app = create_app(control=True, durability="off", tombstone_days=0)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["taskqueue"].store.close()


@contextmanager
def relay_to(port):
    """The command, until the block ends; gives its port."""
    process = subprocess.Popen(
        command("relay", "--to", f"http://127.0.0.1:{port}"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        _, trouble = process.communicate(timeout=10)
    assert (process.returncode, trouble) == (0, "")


@pytest.fixture(scope="module")
def port(wsgi_port):
    with relay_to(wsgi_port) as port:
        yield port


@pytest.fixture(autouse=True)
def _clean(port):
    yield
    ask(port, "DELETE", FAULTS)
    for task in ask(port, "GET", TASKS)[2].get("items", []):
        ask(port, "DELETE", f"{TASKS}/{task['id']}")


def ask(port, verb, path, body=None):
    """Status, headers and JSON of an answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.request(verb, path, None if body is None else json.dumps(body))
        answer = client.getresponse()
        read = answer.read()
        return answer.status, dict(answer.getheaders()), json.loads(read) if read else None


def insert(port, payload="eHh4"):
    return ask(port, "POST", TASKS, {"queueName": "q", "id": "a", "payloadBase64": payload})


def stored(port):
    return [task["id"] for task in ask(port, "GET", TASKS)[2].get("items", [])]


def test_what_is_not_spoiled_passes_as_it_is(port):
    payload = "eHh4" * 250_000

    assert insert(port, payload)[0] == 200
    status, headers, task = ask(port, "GET", f"{TASKS}/a")

    assert (status, task["payloadBase64"]) == (200, payload)
    assert not [name for name in headers if name.lower().startswith("x-emulator")]


@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", ["a"])])
def test_a_cut_connection_is_reset(port, when, kept):
    ask(port, "POST", FAULTS, {"method": "insert", "answer": "cut", "when": when})

    with pytest.raises(ConnectionResetError):
        insert(port)

    assert stored(port) == kept


def test_a_truncated_answer_ends_after_half_of_its_body(port):
    insert(port)
    _, headers, _ = ask(port, "GET", f"{TASKS}/a")
    ask(port, "POST", FAULTS, {"method": "get", "answer": "truncated"})

    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(port, "GET", f"{TASKS}/a")

    assert len(caught.value.partial) == int(headers["Content-Length"]) // 2


def test_an_answer_without_a_body_ends_within_its_head(port):
    insert(port)
    ask(port, "POST", FAULTS, {"method": "delete", "answer": "truncated"})

    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(f"DELETE {TASKS}/a HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        came = b"".join(iter(lambda: client.recv(65_536), b""))

    assert came.startswith(b"HTTP/1")
    assert b"\r\n\r\n" not in came
    assert stored(port) == []


def test_a_withheld_answer_never_comes_and_the_relay_can_be_stopped(wsgi_port, port):
    ask(port, "POST", FAULTS, {"method": "list", "answer": "withheld", "first": 1})

    with (
        relay_to(wsgi_port) as other,
        closing(socket.create_connection(("127.0.0.1", other), timeout=10)) as client,
    ):
        client.sendall(f"GET {TASKS} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        while ask(other, "GET", f"{FAULTS}")[2]["items"][0]["hits"] == "0":
            pass
        assert ask(other, "GET", TASKS)[0] == 200
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)


def test_late_and_slow_answers_are_the_applications_own_doing(port):
    insert(port)
    ask(port, "POST", FAULTS, {"method": "get", "answer": "slow", "bytesPerSecond": 1_000_000})
    ask(port, "POST", FAULTS, {"method": "list", "latency": {"seconds": 0.001}})

    assert ask(port, "GET", f"{TASKS}/a")[2]["payloadBase64"] == "eHh4"
    assert stored(port) == ["a"]


def test_a_server_that_is_not_there_is_a_bad_gateway():
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = free.getsockname()[1]
    with relay_to(gone) as other, closing(http.client.HTTPConnection("127.0.0.1", other)) as client:
        client.request("GET", "/livez")
        answer = client.getresponse()

        assert answer.status == 502
        assert answer.read().startswith(b"The relay cannot pass this on: ")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "127.0.0.1:1", "http://h/path", "http://h:x", "http://:1"]
)
def test_a_url_that_it_cannot_relay_to_is_refused(url):
    with pytest.raises(SettingsError, match="use http://HOST:PORT, without a path"):
        relay(url, host="127.0.0.1", port=0)


def test_what_is_wrong_is_one_line_of_the_command(tmp_path):
    run = failed_run(tmp_path, "relay", "--to", "h")

    assert run.returncode == 2
    assert run.stderr == "tq-emulator: relay to 'h': use http://HOST:PORT, without a path\n"
