"""``socks`` for httplib2, which goes past every proxy, without a word, where PySocks is missing.

Where PySocks is installed this is PySocks; else it is what httplib2 needs of it for our proxy. It
runs in the programs' own Python, which may be 2.7 and then knows no annotations.
"""
# pyright: reportTypeCommentUsage=false

import os
import socket
import sys

PROXY_TYPE_HTTP = 3


class ProxyError(IOError):
    """The proxy does not let us through."""


class socksocket(socket.socket):
    """A socket that connects through the proxy it is told of, by CONNECT."""

    _proxy = None  # type: tuple[str, int] | None

    def setproxy(
        self,
        proxy_type,  # type: int
        addr,  # type: str
        port,  # type: int
        rdns=True,  # type: bool
        username=None,  # type: str | None
        password=None,  # type: str | None
        proxy_headers=None,  # type: object
    ):  # type: (...) -> None
        if proxy_type != PROXY_TYPE_HTTP:
            raise ProxyError("this is not PySocks: it knows HTTP proxies only")
        self._proxy = (addr, port)

    def connect(self, address):  # type: ignore[no-untyped-def]
        if self._proxy is None:
            socket.socket.connect(self, address)
            return
        socket.socket.connect(self, self._proxy)
        to = "{}:{}".format(*address[:2])
        head = "\r\n".join(["CONNECT " + to + " HTTP/1.1", "Host: " + to, "", ""])
        self.sendall(head.encode("ascii"))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            byte = self.recv(1)  # not more: what follows is for others
            if not byte:
                raise ProxyError("the proxy hung up")
            answer += byte
        first = answer.decode("latin-1").split("\r\n")[0]
        if first.split(" ")[1:2] != ["200"]:
            raise ProxyError("the proxy says " + first)


def _give_way():  # type: () -> None
    """Put PySocks in the place of this module, if it is there."""
    here = os.path.dirname(os.path.abspath(__file__))
    path, ours = sys.path[:], sys.modules.pop(__name__)
    sys.path[:] = [each for each in path if os.path.abspath(each) != here]
    try:
        __import__(__name__)
    except ImportError:
        sys.modules[__name__] = ours
    finally:
        sys.path[:] = path


if __name__ == "socks":  # as programs import it
    _give_way()
