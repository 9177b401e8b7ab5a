"""The client: what most programs begin with, and the loop that runs a script on threads."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar, Unpack, overload

from tqsdk.batch import Batch
from tqsdk.calls import Call
from tqsdk.client_base import ClientBase, ClientSettings
from tqsdk.clock import Clock, SystemClock
from tqsdk.codecs import Codec
from tqsdk.exchange import Authorize, Pause, Script, Step
from tqsdk.keep_alive import Keeper
from tqsdk.options import CallOptions
from tqsdk.queue import Queue
from tqsdk.raw import RawResponse, call_recorded
from tqsdk.requests_transport import RequestsTransport
from tqsdk.transport import Response, Transport
from tqsdk.typed import TypedQueue

T = TypeVar("T")
P = ParamSpec("P")
V = TypeVar("V")

_SYSTEM_CLOCK = SystemClock()


class Client(ClientBase[Clock]):
    """A connection to one server, for one project; safe to share between threads.

    Args:
        project: The project id, with or without a partition such as ``s~``; otherwise from
            ``GOOGLE_CLOUD_PROJECT``.
        transport: What carries requests; the client closes it only if it made it itself.
        clock: What measures time and waits.
        settings: As ``ClientSettings``: ``endpoint``, ``token``, ``credentials``, ``retry`` ...

    Raises:
        ConfigError: No project or no server is given, or a setting makes no sense.
    """

    def __init__(
        self,
        project: str | None = None,
        *,
        transport: Transport | None = None,
        clock: Clock = _SYSTEM_CLOCK,
        **settings: Unpack[ClientSettings],
    ) -> None:
        by_requests = transport is None or isinstance(transport, RequestsTransport)
        super().__init__(
            project,
            product=RequestsTransport.product if by_requests else None,
            is_remote=by_requests,
            clock=clock,
            **settings,
        )
        self._own: RequestsTransport | None = None
        if transport is None:
            transport = self._own = RequestsTransport()
        self._transport = transport
        self.keeper: Keeper = Keeper(self)

    @overload
    def queue(self, name: str) -> Queue: ...
    @overload
    def queue(self, name: str, *, codec: Codec[V]) -> TypedQueue[V]: ...
    def queue(self, name: str, *, codec: Codec[V] | None = None) -> Queue | TypedQueue[V]:
        """A handle on a queue; the server is not asked.

        Args:
            name: The short name.
            codec: What turns values into payloads and back; see ``tqsdk.codecs``. Without one the
                queue deals in bytes.

        Raises:
            ArgumentError: No queue can have this name.
        """
        queue = Queue(self, name)
        return queue if codec is None else TypedQueue(queue, codec)

    def batch(self, **options: Unpack[CallOptions]) -> Batch:
        """Collect calls, to send them together; *options* hold for each of them."""
        return Batch(self, **options)

    def perform(self, call: Call[T], **options: Unpack[CallOptions]) -> T:
        """Send a call made by hand with ``tqsdk.calls``.

        It is repeated as far as that is safe without knowing what it is for: after an ambiguous
        failure only if it changes nothing.
        """
        return self.run(self.exchange(**options).perform(call, repeatable=not call.changes))

    def with_raw_response(
        self, method: Callable[P, T], /, *args: P.args, **keywords: P.kwargs
    ) -> RawResponse[T]:
        """Call any method that asks the server, and return its answer beside the result::

        raw = client.with_raw_response(queue.insert, b"hello", tag="greeting")
        raw.result, raw.status, raw.header("ETag"), raw.attempts
        """
        return call_recorded(method, *args, **keywords)

    def run(self, script: Script[T]) -> T:
        """Do what *script* says, one thing after the other, and return its result."""
        try:
            step = next(script)
            while True:
                try:
                    answer = self._do(step)
                except BaseException as error:  # whatever it is, the script may have to clean up
                    step = script.throw(error)
                else:
                    step = script.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _do(self, step: Step) -> Response | str | None:
        if isinstance(step, Authorize):
            return self._authorizer.header(step.rejected)
        if isinstance(step, Pause):
            self.clock.sleep(step.seconds)
            return None
        if step.span is None:
            return self._transport.send(step.request, step.timeout)
        with step.span.active():
            return self._transport.send(step.request, step.timeout)

    def close(self) -> None:
        """Close the connections, unless the transport was given and may serve others."""
        if self._own is not None and self._closes:
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
