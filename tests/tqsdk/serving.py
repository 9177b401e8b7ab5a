"""Servers of one connection that do what they are told with it, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does *answer* with its one connection; gives its URL without the scheme."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)  # nobody may come
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def saying(*parts: bytes) -> Callable[[socket.socket], None]:
    """Answer the first request with *parts*."""

    def answer(connection: socket.socket) -> None:
        connection.recv(9999)
        for part in parts:
            connection.sendall(part)

    return answer


def close(connection: socket.socket) -> None:
    connection.recv(9999)


def hang_up(connection: socket.socket) -> None:
    connection.recv(9999)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def garbage(connection: socket.socket) -> None:
    connection.recv(9999)
    connection.sendall(b"\x16\x03\x01 what?\r\n\r\n")


def silence(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(9999):
            pass
