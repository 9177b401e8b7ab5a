"""What a proxy is asked for: heads of HTTP requests, and where they want to go."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_OF_ONE_HOP = (b"connection:", b"proxy-", b"keep-alive:")


class ProxyError(Exception):
    """A request that a proxy does not serve.

    Attributes:
        status: What to answer.
        reason: Google's word for such trouble.
        message: Why, in one line.
    """

    def __init__(self, status: HTTPStatus, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request to a proxy.

    Attributes:
        verb: ``CONNECT``, or what is to be done with something at the host.
        host: In lower case, without brackets.
        port: Of the host.
        target: What comes after the verb.
        rest: The version, and the headers that do not concern this hop alone.
    """

    verb: str
    host: str
    port: int
    target: SplitResult
    rest: tuple[bytes, ...]

    @property
    def connects(self) -> bool:
        """Whether the client asks for a way to the host, and not for something there."""
        return self.verb == "CONNECT"

    @property
    def secure(self) -> bool:
        """Whether TLS is to be spoken with the host in the client's place."""
        return self.target.scheme == "https"

    def for_host(self) -> bytes:
        """The request as the host reads it; after the answer the connection ends."""
        path = self.target._replace(scheme="", netloc="", fragment="").geturl() or "/"
        return self._to(path, [])

    def for_proxy(self, headers: list[bytes]) -> bytes:
        """The request as another proxy reads it, with *headers* for that one."""
        return self._to(self.target.geturl(), headers)

    def _to(self, target: str, headers: list[bytes]) -> bytes:
        version, *others = self.rest
        first = f"{self.verb} {target} ".encode() + version
        return b"\r\n".join([first, *others, *headers, b"Connection: close", b"", b""])


def read_head(head: bytes) -> Head:
    """What *head*, which ends with an empty line, asks for.

    Raises:
        ProxyError: 400; it is not a request to a proxy.
    """
    first, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    try:
        verb, target, version = first.decode("ascii").split(" ")
        parts = urlsplit(f"//{target}" if verb == "CONNECT" else target)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise _no_request_to_a_proxy() from None
    if not host or not port:
        raise _no_request_to_a_proxy()
    kept = [each for each in headers if not each.lower().startswith(_OF_ONE_HOP)]
    return Head(verb, host, port, parts, (version.encode(), *kept))


def _no_request_to_a_proxy() -> ProxyError:
    return ProxyError(
        HTTPStatus.BAD_REQUEST,
        "badRequest",
        "This is the proxy of tq-emulator exec --intercept: ask it for http://HOST/...,"
        " https://HOST/... or CONNECT HOST:PORT.",
    )
