"""A real server in a process of its own, and requests to it as bytes over a socket."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse, RemoteDisconnected
from urllib.parse import urlsplit

from tests.generated.generator import QUEUES
from tests.wire.fronts import Got, Sent

_PATIENCE_SECONDS = 20


@contextmanager
def a_server() -> Iterator[SocketFront]:
    """``tq-emulator serve`` on a free port, in memory, and the way to it."""
    options = ["--port", "0", "--store", "sqlite://", "--queues", str(QUEUES), "--auto-create"]
    command = [sys.executable, "-c", "from emulator.cli import main; main()", "serve", *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().removeprefix("Listening on ").strip())
        assert url.port, "the server did not start"
        front = SocketFront((url.hostname or "", url.port))
        try:
            yield front
        finally:
            front.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(_PATIENCE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class SocketFront:
    """One connection, kept alive from request to request: an answer that is not whole shows."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socket: socket.socket | None = None

    def send(self, sent: Sent) -> Got:
        """What is answered, in time or TimeoutError."""
        if self._socket is not None:
            # A server that refuses a body unread hangs up after its answer: begin anew, once.
            with suppress(RemoteDisconnected, ConnectionError):
                return self._exchange(self._socket, sent)
            self.close()
        self._socket = socket.create_connection(self._address, _PATIENCE_SECONDS)
        return self._exchange(self._socket, sent)

    def _exchange(self, connection: socket.socket, sent: Sent) -> Got:
        # When the server refuses a body before all of it has come, its answer is there already.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(_as_bytes(sent))
        with HTTPResponse(connection, method=sent.verb) as response:
            response.begin()
            headers = ((name.lower(), value) for name, value in response.getheaders())
            got = Got(response.status, tuple(headers), response.read())
            if response.will_close:
                self.close()
        return got

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _as_bytes(sent: Sent) -> bytes:
    lines = [f"{sent.verb} {sent.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in sent.all_headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + _body(sent)


def _body(sent: Sent) -> bytes:
    if "transfer-encoding" not in sent.all_headers:
        return sent.body
    chunks = (sent.body[at : at + 50_000] for at in range(0, len(sent.body), 50_000))
    return b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in chunks) + b"0\r\n\r\n"
