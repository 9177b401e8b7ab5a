"""The transport that programs use: the requests library, on urllib3.

Three rules. A failure says truly whether the request was sent. Nothing is retried down here. Each
thread of each process has a session of its own: requests does not promise that sessions can be
shared, and a forked child must not speak on its parent's connections.
"""

from __future__ import annotations

import http.client
import os
import threading
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import connection, connectionpool, exceptions
from urllib3.poolmanager import PoolManager

from tqsdk.errors import AmbiguousResultError, ConfigError, ConnectError, RequestTimeoutError
from tqsdk.transport import Request, Response, Timeout

_CONNECT_FAILURES = (OSError, ValueError, http.client.HTTPException, exceptions.HTTPError)


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
        self._settings: dict[str, Mapping[str, Any]] = {}
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
            answer = self._session().request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                timeout=(timeout.connect, timeout.read),
                **self._settings_for(request.url),
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
        return Response(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        """Close all connections of this process; a later send opens new ones."""
        self._sessions.close()

    def _session(self) -> requests.Session:
        if self._sessions.process != os.getpid():
            self._sessions = _Sessions()
        return self._sessions.of_this_thread()

    def _settings_for(self, url: str) -> Mapping[str, Any]:
        """Proxies and certificates for the server of *url*."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        settings = self._settings.get(origin)
        if settings is None:
            with requests.Session() as reader:
                reader.trust_env = self._trust_env
                settings = reader.merge_environment_settings(
                    url, self._proxies, None, self._verify, self._cert
                )
            self._settings[origin] = settings = {**settings, "stream": False}
        return settings


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


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # what it would read is passed with each request
    session.mount("http://", _Adapter())
    session.mount("https://", _Adapter())
    return session


def _is_cut_off(answer: requests.Response) -> bool:
    """Whether an answer may have ended within its headers, which Python's HTTP takes for their end.

    An answer that is whole says how long its body is, or has one.
    """
    says_length = "Content-Length" in answer.headers or "Transfer-Encoding" in answer.headers
    return answer.status_code == 200 and not answer.content and not says_length


def _translated(error: requests.RequestException, timeout: Timeout) -> Exception:
    """What *error* means; the text names no header and no body."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, exceptions.MaxRetryError):
        cause = cause.reason
    if isinstance(cause, exceptions.ProxyError):
        cause = cause.original_error
    if isinstance(cause, exceptions.NewConnectionError | exceptions.ConnectTimeoutError):
        # urllib3 puts the connection object first, which tells users nothing.
        return ConnectError(f"could not connect: {str(cause).rpartition('): ')[2]}")
    if isinstance(error, requests.ReadTimeout) or isinstance(cause, exceptions.ReadTimeoutError):
        return RequestTimeoutError(f"no answer within {timeout.read:g} s")
    if isinstance(error, ValueError | requests.TooManyRedirects):
        return ConfigError(f"cannot send: {error}")
    return AmbiguousResultError(f"the answer was lost: {cause or error}")


# From here on: how a failure to connect is known for certain. Exceptions alone do not tell: a reset
# during the TLS handshake looks like one after the request. But whatever ``connect`` raises, it
# raises before the first byte of the request.


class _Connection(connection.HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except _CONNECT_FAILURES as error:
            raise _not_connected(self, error) from error


class _SecureConnection(connection.HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except _CONNECT_FAILURES as error:
            raise _not_connected(self, error) from error


class _Pool(connectionpool.HTTPConnectionPool):
    # urllib3 promises a protocol here that its own classes do not fit, by pyright's reading.
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]


class _SecurePool(connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType]


class _Adapter(HTTPAdapter):
    """The adapter of requests, with connections that report as above."""

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, **keywords)
        _report_failures(self.poolmanager)

    def close(self) -> None:
        # urllib3 only forgets its pools, and leaves the connections of one that something still
        # refers to, such as the traceback of an old error, to the garbage collector.
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - no dict: it cannot be iterated
                pool = manager.pools.get(key)
                if pool is not None:
                    pool.close()
        super().close()

    def proxy_manager_for(self, *args: Any, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(*args, **keywords)
        _report_failures(manager)
        return manager


def _report_failures(manager: PoolManager) -> None:
    # A SOCKS proxy has pools of its own, which already raise what is asked for here.
    if manager.pool_classes_by_scheme.get("http") is connectionpool.HTTPConnectionPool:
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _not_connected(
    failed: connection.HTTPConnection, error: Exception
) -> exceptions.NewConnectionError:
    if isinstance(error, exceptions.NewConnectionError):
        return error
    return exceptions.NewConnectionError(failed, f"{type(error).__name__}: {error}")
