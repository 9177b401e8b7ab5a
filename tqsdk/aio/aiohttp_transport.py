"""The transport of AsyncClient: the aiohttp library.

The rules are those of ``requests_transport``: a failure says truly whether the request was sent,
and nothing is retried down here. To import this module needs the extra ``async``.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from tqsdk.aio.route import Route
from tqsdk.errors import AmbiguousResultError, ConfigError, ConnectError, RequestTimeoutError
from tqsdk.transport import Request, Response, Timeout

try:
    import aiohttp
    import yarl
except ImportError as _error:
    raise ConfigError(
        'AsyncClient needs aiohttp: pip install "taskqueue-sdk[async]", or pass transport='
    ) from _error

_LARGE = 2**20  # bytes; aiohttp warns of larger bodies unless it may send them piece by piece


class AiohttpTransport:
    """Sends with aiohttp, from one event loop: that of the first request.

    Proxies and certificates are those of ``RequestsTransport``, from the environment too
    (``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and their like), but for SOCKS proxies.
    ``~/.netrc`` is not read.

    Args:
        proxies: By scheme, as in requests; stronger than the environment.
        verify: False not to check the server's certificate, or the path of a CA bundle.
        cert: A client certificate: the path of one file, or of certificate and key.
        trust_env: False to leave the environment unread.
        connections: How many requests may be on their way at once. The others wait for their turn;
            that time counts for a deadline only.
    """

    product: str = f"aiohttp/{aiohttp.__version__}"

    def __init__(
        self,
        *,
        proxies: Mapping[str, str] | None = None,
        verify: bool | str | None = None,
        cert: str | tuple[str, str] | None = None,
        trust_env: bool = True,
        connections: int = 100,
    ) -> None:
        if connections < 1:
            raise ConfigError("connections must be at least 1")
        self._route = Route(proxies, verify, cert, trust_env)
        self._connections = connections
        self._opened: _Opened | None = None

    async def send(self, request: Request, timeout: Timeout) -> Response:
        """Send *request* once; see ``AsyncTransport``.

        Raises:
            ConnectError: It was not sent.
            RequestTimeoutError: It was sent, and no answer came in time.
            AmbiguousResultError: It was sent, or in part, and the answer is lost.
            ConfigError: It can never be sent: a URL, certificate file or redirect makes no sense;
                or this is another event loop.
        """
        opened = self._opened_here()
        progress = _Progress()
        try:
            async with asyncio.timeout(timeout.total), opened.turns:
                return await self._ask(opened.session, request, timeout, progress)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            cause = error.reason if isinstance(error, _Once) else error
            raise _translated(cause, progress, timeout) from cause

    async def close(self) -> None:
        """Close all connections; a later send opens new ones, in whichever event loop."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.session.close()

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        timeout: Timeout,
        progress: _Progress,
    ) -> Response:
        body = request.body
        asking = session.request(
            request.method,
            yarl.URL(request.url, encoded=True),
            headers=request.headers,
            data=body if body is None or len(body) <= _LARGE else io.BytesIO(body),
            proxy=self._route.proxy(request.url),
            timeout=aiohttp.ClientTimeout(connect=timeout.connect, sock_read=timeout.read),
            trace_request_ctx=progress,
        )
        # sock_read begins only when all is sent: a server that does not read must not hold us.
        async with asyncio.timeout(timeout.connect + timeout.read):
            answer = await asking
        async with answer:
            if answer.method != request.method:
                # As browsers do, aiohttp follows the redirect of a POST with a GET: no answer.
                raise ConfigError(f"the server redirects to {answer.url}: make that the endpoint")
            content = await answer.read()
        if _is_cut_off(answer, content):
            raise AmbiguousResultError("the answer was lost: it ends before its body")
        return Response(answer.status, dict(answer.headers), content)

    def _opened_here(self) -> _Opened:
        loop = asyncio.get_running_loop()
        if self._opened is None:
            self._opened = _Opened(loop, self._new_session(), asyncio.Semaphore(self._connections))
        if self._opened.loop is not loop:
            raise ConfigError(
                "an AsyncClient serves the event loop that used it first, and this is another: "
                "make a client for each, and close it before its loop ends"
            )
        return self._opened

    def _new_session(self) -> aiohttp.ClientSession:
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(_connected)
        tracing.on_connection_reuseconn.append(_connected)
        tracing.on_request_redirect.append(_redirected)
        connector = aiohttp.TCPConnector(
            limit=0,  # aiohttp takes the wait for a free connection for a failure to connect
            use_dns_cache=False,  # a server that moves is found by the next connection
            ssl=self._route.tls(),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[tracing],
            middlewares=[_once],
        )


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is open, and the event loop that it is bound to."""

    loop: asyncio.AbstractEventLoop
    session: aiohttp.ClientSession
    turns: asyncio.Semaphore


@dataclass(slots=True)
class _Progress:
    """How far a request has come; once there is a connection for it, bytes may have gone."""

    connected: bool = False


async def _connected(session: aiohttp.ClientSession, trace: SimpleNamespace, _: Any) -> None:
    trace.trace_request_ctx.connected = True


async def _redirected(session: aiohttp.ClientSession, trace: SimpleNamespace, _: Any) -> None:
    trace.trace_request_ctx.connected = False  # a server that sends us elsewhere has done nothing


class _Once(aiohttp.ClientError):
    """Carries a failure past aiohttp, which else repeats what it takes for harmless."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    # A DELETE may have been done before its connection broke; repeated, it finds no task.
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Once(error) from error


def _is_cut_off(answer: aiohttp.ClientResponse, content: bytes) -> bool:
    """Whether the body may be missing; an answer that is whole says how long it is, or has one."""
    says_length = "Content-Length" in answer.headers or "Transfer-Encoding" in answer.headers
    return answer.status == 200 and not content and not says_length


def _translated(error: Exception, progress: _Progress, timeout: Timeout) -> Exception:
    """What *error* means; the text names no header and no body."""
    if isinstance(error, ValueError | aiohttp.TooManyRedirects):
        return ConfigError(f"cannot send: {error}")
    if not progress.connected:
        reason = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
        return ConnectError(f"could not connect: {str(reason) or 'timed out'}")
    if isinstance(error, TimeoutError):
        return RequestTimeoutError(f"no answer within {timeout.read:g} s")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return AmbiguousResultError("the answer was lost: the server disconnected")
    return AmbiguousResultError(f"the answer was lost: {error}")
