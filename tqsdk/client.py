"""The client: where to, as whom, how patiently; and the loop that runs a script."""

from __future__ import annotations

import os
import platform
from types import TracebackType
from typing import TypeVar, Unpack

from tqsdk import config
from tqsdk.calls import Call
from tqsdk.clock import Clock, SystemClock
from tqsdk.errors import TransportError
from tqsdk.exchange import Exchange, Pause, Script
from tqsdk.limits import Limits
from tqsdk.options import CallOptions, Options
from tqsdk.queue import Queue
from tqsdk.requests_transport import RequestsTransport
from tqsdk.retry import RetryPolicy
from tqsdk.transport import Transport
from tqsdk.version import __version__

T = TypeVar("T")

_DEFAULTS = Options()
_STANDARD_LIMITS = Limits()
_SYSTEM_CLOCK = SystemClock()


class Client:
    """A connection to one server, for one project; safe to share between threads.

    Args:
        project: The project id, with or without a partition such as ``s~``; otherwise from
            ``GOOGLE_CLOUD_PROJECT``.
        endpoint: The URL of the server, without the API's own path; otherwise from
            ``TASKQUEUE_EMULATOR_HOST`` (``host:port``), then ``TASKQUEUE_ENDPOINT`` (URL). There is
            no default server.
        token: An OAuth access token, sent as it is to whatever server was given.
        transport: What carries requests; the client closes it only if it made it itself.
        retry: How often to try; for this and the next two see ``CallOptions``.
        timeout: Seconds for each attempt: ``(connect, read)``, or one number for both.
        deadline: Seconds for all attempts of one operation together.
        limits: What is checked before sending; ``Limits.none()`` for servers with other limits.
        clock: What measures time and waits.

    Raises:
        ConfigError: No project or no server is given, or a setting makes no sense.
    """

    def __init__(
        self,
        project: str | None = None,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        transport: Transport | None = None,
        retry: RetryPolicy = _DEFAULTS.retry,
        timeout: float | tuple[float, float] = _DEFAULTS.timeout,
        deadline: float | None = None,
        limits: Limits = _STANDARD_LIMITS,
        clock: Clock = _SYSTEM_CLOCK,
    ) -> None:
        reaches_no_network = transport is not None and not isinstance(transport, RequestsTransport)
        self.endpoint = config.find_endpoint(
            endpoint, os.environ, fallback="http://localhost" if reaches_no_network else None
        )
        self.project = config.find_project(project, os.environ)
        self.limits = limits
        self.clock = clock
        self._options = Options(retry=retry, timeout=timeout, deadline=deadline)
        self._own: RequestsTransport | None = None
        if transport is None:
            transport = self._own = RequestsTransport()
        self._transport = transport
        self._headers = {"Accept": "application/json", "User-Agent": _user_agent(transport)}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {config.check_token(token)}"

    def queue(self, name: str) -> Queue:
        """A handle on a queue; the server is not asked.

        Raises:
            ArgumentError: No queue can have this name.
        """
        return Queue(self, name)

    def perform(self, call: Call[T], **options: Unpack[CallOptions]) -> T:
        """Send a call made by hand with ``tqsdk.calls``.

        It is repeated as far as that is safe without knowing what it is for: after an ambiguous
        failure only if it changes nothing.
        """
        return self.run(self.exchange(**options).perform(call, repeatable=not call.changes))

    def exchange(self, **options: Unpack[CallOptions]) -> Exchange:
        """The start of one operation, for which a script can be written; see ``operations``."""
        chosen = self._options.but(**options)
        return Exchange(self.endpoint, self._headers, chosen, self.clock)

    def run(self, script: Script[T]) -> T:
        """Do what *script* says, one thing after the other, and return its result."""
        try:
            step = next(script)
            while True:
                if isinstance(step, Pause):
                    self.clock.sleep(step.seconds)
                    step = next(script)
                    continue
                try:
                    response = self._transport.send(step.request, step.timeout)
                except TransportError as error:
                    step = script.throw(error)
                else:
                    step = script.send(response)
        except StopIteration as end:
            result: T = end.value
            return result

    def close(self) -> None:
        """Close the connections, unless the transport was given and may serve others."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.project!r}, endpoint={self.endpoint!r})"


def _user_agent(transport: Transport) -> str:
    products = [f"tqsdk/{__version__}", f"python/{platform.python_version()}"]
    if isinstance(transport, RequestsTransport):
        products.append(transport.product)
    return " ".join(products)
