"""The transport that programs use: the requests library, on urllib3.

Three rules. A failure says truly whether the request was sent. Nothing is retried down here. Each
thread of each process has a session of its own: requests does not promise that sessions can be
shared, and a forked child must not speak on its parent's connections.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from urllib3 import exceptions

from tqsdk.errors import AmbiguousResultError, ConfigError, ConnectError, RequestTimeoutError
from tqsdk.requests_adapter import Adapter, origin_of
from tqsdk.transport import Request, Response, Timeout

_NOT_SENT = (
    exceptions.NewConnectionError,
    exceptions.ConnectTimeoutError,
    exceptions.ClosedPoolError,  # by another thread that closed the transport
)


class RequestsTransport:
    """Sends with requests: proxies, certificates and redirects are as its users know them.

    ``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and their like are read once for each
    server, since reading them takes a fifth of a call's time. ``~/.netrc`` is not read: it would
    replace the token.

    Args:
        proxies: By scheme, as in requests; stronger than the environment.
        verify: False not to check the server's certificate, or the path of a CA bundle.
        cert: A client certificate: the path of one file, or of certificate and key.
        trust_env: False to leave the environment unread.
    """

    product: str = f"requests/{requests.__version__}"

    def __init__(
        self,
        *,
        proxies: Mapping[str, str] | None = None,
        verify: bool | str | None = None,
        cert: str | tuple[str, str] | None = None,
        trust_env: bool = True,
    ) -> None:
        self._proxies = dict(proxies or {})
        self._verify = verify
        self._cert = cert
        self._trust_env = trust_env
        self._servers: dict[str, _Server] = {}
        self._sessions = _Sessions()

    def send(self, request: Request, timeout: Timeout) -> Response:
        """Send *request* once; see ``Transport``.

        Raises:
            ConnectError: It was not sent.
            RequestTimeoutError: It was sent, and no answer came in time.
            AmbiguousResultError: It was sent, or in part, and the answer is lost.
            ConfigError: It can never be sent: a URL, certificate file or redirect makes no sense.
        """
        try:
            session, server = self._session(), self._server_of(request.url)
            prepared = server.prepared(request)
            if session.cookies:
                # types-requests says nothing of its argument.
                prepared.prepare_cookies(session.cookies)  # pyright: ignore[reportUnknownMemberType]
            answer = session.send(
                prepared, timeout=(timeout.connect, timeout.read), **server.settings
            )
        except requests.RequestException as error:
            raise _translated(error, timeout) from error
        except OSError as error:  # requests says so of certificate files that are not there
            raise ConfigError(f"cannot send: {error}") from error
        if answer.request.method != request.method:
            # As browsers do, requests follows the redirect of a POST with a GET: that is no answer.
            raise ConfigError(f"the server redirects to {answer.url}: make that the endpoint")
        if _is_cut_off(answer):
            raise AmbiguousResultError("the answer was lost: it ends within its headers")
        return Response(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """Close all connections of this process; a later send opens new ones."""
        self._sessions.close()

    def _session(self) -> requests.Session:
        if self._sessions.process != os.getpid():
            self._sessions = _Sessions()
        return self._sessions.of_this_thread()

    def _server_of(self, url: str) -> _Server:
        origin = origin_of(url)
        server = self._servers.get(origin)
        if server is None:
            self._servers[origin] = server = self._new_server(origin)
        return server

    def _new_server(self, origin: str) -> _Server:
        with requests.Session() as reader:
            reader.trust_env = self._trust_env
            settings = reader.merge_environment_settings(
                origin, dict(self._proxies), False, self._verify, self._cert
            )
            reader.trust_env = False
            return _Server(
                origin, settings, reader.prepare_request(requests.Request("GET", origin))
            )


@dataclass(frozen=True, slots=True)
class _Server:
    """What is known of a server before anything is sent to it.

    Attributes:
        origin: Scheme, host and port, as the client writes them.
        settings: Proxies and certificates.
        template: A request to it, of which others are copies.
    """

    origin: str
    settings: Mapping[str, Any]
    template: requests.PreparedRequest

    def prepared(self, request: Request) -> requests.PreparedRequest:
        """*request* as requests would prepare it: there is little to do, it is ready to send."""
        prepared = self.template.copy()
        prepared.method = request.method
        prepared.url = (self.template.url or "").rstrip("/") + request.url[len(self.origin) :]
        prepared.headers.update(request.headers)
        prepared.body = request.body
        if request.body or request.method not in ("GET", "HEAD"):
            prepared.headers["Content-Length"] = str(len(request.body or b""))
        return prepared


class _Sessions:
    """The sessions of one process, one for each thread."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._own = threading.local()
        self._all: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._lock = threading.Lock()

    def of_this_thread(self) -> requests.Session:
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            self._own.session = session = _new_session()
            with self._lock:
                self._all.add(session)
        return session

    def close(self) -> None:
        with self._lock:
            for session in self._all:
                session.close()


class _Session(requests.Session):
    def resolve_redirects(self, resp: requests.Response, *args: Any, **keywords: Any) -> Any:
        # Without this, requests takes each URL apart before it looks whether there is a redirect.
        if not resp.is_redirect:
            return iter(())
        above: Any = super()  # types-requests says nothing of this method
        return above.resolve_redirects(resp, *args, **keywords)


def _new_session() -> requests.Session:
    session = _Session()
    session.trust_env = False  # what it would read is passed with each request
    session.mount("http://", Adapter())
    session.mount("https://", Adapter())
    return session


def _is_cut_off(answer: requests.Response) -> bool:
    """Whether an answer may have ended within its headers, which Python's HTTP takes for their end.

    An answer that is whole says how long its body is, or has one.
    """
    if answer.status_code != 200 or answer.content:
        return False
    return not ("Content-Length" in answer.headers or "Transfer-Encoding" in answer.headers)


def _translated(error: requests.RequestException, timeout: Timeout) -> Exception:
    """What *error* means; the text names no header and no body."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, exceptions.MaxRetryError):
        cause = cause.reason
    if isinstance(cause, exceptions.ProxyError):
        cause = cause.original_error
    if isinstance(cause, _NOT_SENT):
        # urllib3 puts the connection object first, which tells users nothing.
        return ConnectError(f"could not connect: {str(cause).rpartition('): ')[2]}")
    if isinstance(error, requests.ReadTimeout) or isinstance(cause, exceptions.ReadTimeoutError):
        return RequestTimeoutError(f"no answer within {timeout.read:g} s")
    if isinstance(error, ValueError | requests.TooManyRedirects):
        return ConfigError(f"cannot send: {error}")
    return AmbiguousResultError(f"the answer was lost: {cause or error}")
