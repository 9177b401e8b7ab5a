"""A small TCP relay in front of a server, which loses requests and answers when told to."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, BinaryIO

_ATTEMPT = re.compile(rb"(?mi)^X-TaskQueue-Attempt:.*\n")
_END_OF_HEAD = b"\r\n\r\n"
_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)  # linger for no time: what is unsent is dropped


class Fate(Enum):
    """What becomes of one request.

    Attributes:
        ARRIVES: It is answered.
        LOST: The server never sees it; the connection is closed.
        UNANSWERED: The server answers, but the connection is closed before the answer is passed on.
        CUT_IN_HEAD: ... when half of the answer's headers are.
        CUT_IN_BODY: ... when half of the answer's body is.
        RESET: As UNANSWERED, but the client's system gets a reset, not an orderly end.
        IGNORED: The server never sees it, and the connection stays open until the client leaves.
    """

    ARRIVES = "arrives"
    LOST = "lost"
    UNANSWERED = "unanswered"
    CUT_IN_HEAD = "cut in head"
    CUT_IN_BODY = "cut in body"
    RESET = "reset"
    IGNORED = "ignored"


class Relay(ThreadingTCPServer):
    """Passes HTTP messages with a known length on to *target* and back.

    Attributes:
        fates: Of the next requests; those after them arrive.
        seen: The verbs of all requests so far.
        hides_attempts: The server is not shown ``X-TaskQueue-Attempt``, as if it did not know it.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target
        self.fates: deque[Fate] = deque()
        self.seen: list[str] = []
        self.hides_attempts = False
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def will(self, *fates: Fate) -> None:
        """Let the next requests have these fates."""
        self.fates = deque(fates)
        self.seen.clear()

    def is_left_by_all(self, *, within: float) -> bool:
        """Whether all clients have closed their connections, waiting up to *within* seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, within)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def hang_up(self) -> None:
        """End all connections."""
        with self._changed:
            for connection in self._open:
                with suppress(OSError):  # the client may have done it just now
                    connection.shutdown(socket.SHUT_RDWR)

    def ask(self, request: bytes) -> bytes:
        """The server's answer."""
        with socket.create_connection(self.target) as server, server.makefile("rb") as answers:
            server.sendall(request)
            return _message(answers)


@contextmanager
def relay_to(host: str, port: int) -> Iterator[Relay]:
    """A relay that runs until the block ends."""
    with Relay((host, port)) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            thread.join()
            relay.hang_up()  # else leaving would wait for the clients


class _Connection(StreamRequestHandler):
    server: Relay

    def handle(self) -> None:
        while request := _message(self.rfile):
            self.server.seen.append(request.split(b" ", 1)[0].decode())
            fate = self.server.fates.popleft() if self.server.fates else Fate.ARRIVES
            if fate is Fate.LOST:
                return
            if fate is Fate.IGNORED:
                self.rfile.read()
                return
            if self.server.hides_attempts:
                request = _ATTEMPT.sub(b"", request)
            answer = self.server.ask(request)
            head = answer.index(_END_OF_HEAD)
            if fate is Fate.CUT_IN_HEAD:
                self.wfile.write(answer[: head // 2])
            if fate is Fate.CUT_IN_BODY:
                self.wfile.write(answer[: (head + len(_END_OF_HEAD) + len(answer)) // 2])
            if fate is Fate.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
            if fate is not Fate.ARRIVES:
                return
            self.wfile.write(answer)


def _message(stream: BinaryIO) -> bytes:
    """One whole HTTP message; empty if the other side has left."""
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    lengths = [line for line in lines if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    return b"".join([*lines, line, stream.read(length)]) if lines else b""
