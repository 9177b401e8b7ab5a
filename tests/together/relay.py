"""A small TCP relay in front of a server, which loses and replaces answers when told to."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, BinaryIO, TypeAlias

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
        RESET_UNDONE: As LOST, but with a reset.
        IGNORED: The server never sees it, and the connection stays open until the client leaves.
        LATE: As IGNORED, but the server has done it.
    """

    ARRIVES = "arrives"
    LOST = "lost"
    UNANSWERED = "unanswered"
    CUT_IN_HEAD = "cut in head"
    CUT_IN_BODY = "cut in body"
    RESET = "reset"
    RESET_UNDONE = "reset undone"
    IGNORED = "ignored"
    LATE = "late"


_UNSEEN = {Fate.LOST, Fate.RESET_UNDONE, Fate.IGNORED}


@dataclass(frozen=True, slots=True)
class Replaced:
    """The request is answered by the relay, as a proxy or a load balancer would.

    Attributes:
        status: Of that answer.
        body: Of that answer.
        headers: Of that answer, beside the length.
        done: Whether the server has done what was asked all the same.
    """

    status: int
    body: bytes
    headers: tuple[str, ...] = ()
    done: bool = False

    @property
    def message(self) -> bytes:
        head = (
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            *self.headers,
            f"Content-Length: {len(self.body)}",
        )
        return "\r\n".join(head).encode() + _END_OF_HEAD + self.body


Turn: TypeAlias = Fate | Replaced

# To be repeated.
EVERY_TENTH_LOST = [*[Fate.ARRIVES] * 9, Fate.UNANSWERED]


class Relay(ThreadingTCPServer):
    """Passes HTTP messages with a known length on to *target* and back.

    Attributes:
        seen: The verbs of all requests so far.
        hides_attempts: The server is not shown ``X-TaskQueue-Attempt``, as if it did not know it.
        resets_next: Whether the next connection is reset as soon as it is made, and nothing read.
    """

    allow_reuse_address = True  # it leaves its port, and comes back

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection, bind_and_activate=False)
        self.server_bind()
        self.target = target
        self.turns: Iterator[Turn] = iter(())
        self.seen: list[str] = []
        self.hides_attempts = False
        self.resets_next = False
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def will(self, *turns: Turn) -> None:
        """Let the next requests have these turns; those after them arrive."""
        self.will_always(turns)

    def will_always(self, turns: Iterable[Turn]) -> None:
        """Let requests have these turns, from an iterable that need not end."""
        self.turns = iter(turns)
        self.seen.clear()

    def listen(self) -> None:
        """Accept connections, from now on."""
        self.server_activate()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def refuse(self) -> None:
        """End all connections and refuse new ones, but keep the port."""
        self.stop()
        port = self.port
        self.socket.close()
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_address = ("127.0.0.1", port)
        self.server_bind()

    def stop(self) -> None:
        """Accept no more connections, and end those that are open."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.hang_up()  # else leaving would wait for the clients

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


@contextmanager
def relay_to(host: str, port: int) -> Iterator[Relay]:
    """A relay that runs until the block ends."""
    with Relay((host, port)) as relay:
        relay.listen()
        try:
            yield relay
        finally:
            relay.stop()


class _Connection(StreamRequestHandler):
    """One connection of a client, and one to the server for as long."""

    server: Relay
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._target = socket.create_connection(self.server.target)
        self._answers = self._target.makefile("rb")

    def finish(self) -> None:
        self._answers.close()
        self._target.close()
        super().finish()

    def handle(self) -> None:
        if self.server.resets_next:
            self.server.resets_next = False
            self._end_with_reset()
            return
        with suppress(ConnectionError):  # a client may leave in the middle of what it is told
            while request := _message(self.rfile):
                self.server.seen.append(request.split(b" ", 1)[0].decode())
                turn = next(self.server.turns, Fate.ARRIVES)
                if not self._passed_on(request, turn):
                    return

    def _passed_on(self, request: bytes, turn: Turn) -> bool:
        """Give *request* its *turn*; whether the connection goes on."""
        if isinstance(turn, Replaced):
            if turn.done:
                self._ask(request)
            self.wfile.write(turn.message)
            return True
        answer = b"" if turn in _UNSEEN else self._ask(request)
        if turn is Fate.ARRIVES:
            self.wfile.write(answer)
            return True
        if turn in (Fate.IGNORED, Fate.LATE):
            self.rfile.read()
        if turn in (Fate.CUT_IN_HEAD, Fate.CUT_IN_BODY):
            self.wfile.write(_half(answer, of_body=turn is Fate.CUT_IN_BODY))
        if turn in (Fate.RESET, Fate.RESET_UNDONE):
            self._end_with_reset()
        return False

    def _end_with_reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)

    def _ask(self, request: bytes) -> bytes:
        """The server's answer."""
        if self.server.hides_attempts:
            request = _ATTEMPT.sub(b"", request)
        self._target.sendall(request)
        return _message(self._answers)


def _half(answer: bytes, *, of_body: bool) -> bytes:
    head = answer.index(_END_OF_HEAD)
    end = (head + len(_END_OF_HEAD) + len(answer)) // 2 if of_body else head // 2
    return answer[:end]


def _message(stream: BinaryIO) -> bytes:
    """One whole HTTP message; empty if the other side has left."""
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    lengths = [line for line in lines if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    return b"".join([*lines, line, stream.read(length)]) if lines else b""
