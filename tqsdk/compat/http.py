"""What services of ``googleapiclient`` give, over ``tqsdk``: requests, and batches of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from discovery import contract
from discovery.service_types import BatchCallback
from tqsdk.compat import wire_scripts
from tqsdk.compat.errors import BatchError, HttpError, Resp
from tqsdk.compat.wire_scripts import WireCall
from tqsdk.errors import (
    ApiError,
    ConfigError,
    DeadlineExceededError,
    RequestTimeoutError,
    TaskQueueError,
    TransportError,
)
from tqsdk.options import CallOptions
from tqsdk.retry import RetryPolicy

if TYPE_CHECKING:
    from tqsdk.compat.discovery import Service

_LARGEST_BATCH = 1000


class HttpRequest:
    """One call, described; programs may still change all that is public here before it is sent.

    Attributes:
        uri: With the query.
        method: The HTTP verb.
        body: JSON as text; None for none.
        headers: Sent beside those of the client.
        methodId: Such as ``taskqueue.tasks.lease``.
        resumable: None; there are no uploads here.
    """

    resumable: None = None

    def __init__(
        self,
        service: Service,
        method: contract.Method,
        uri: str,
        body: str | None,
        parameters: dict[str, Any],
    ) -> None:
        self.uri = uri
        self.method: str = method.verb
        self.body = body
        self.headers: dict[str, str] = {}
        self.methodId: str = method.id
        self._service = service
        self._parameters = parameters
        self._callbacks: list[Callable[[Any], object]] = []

    def add_response_callback(self, cb: Callable[[Any], object]) -> None:
        """Have *cb* called with the status and headers of the last answer."""
        self._callbacks.append(cb)

    def execute(self, http: Any = None, num_retries: int | None = None) -> Any:
        """Send it, as often as is needed and safe.

        Args:
            http: To send through, in place of the service's own: ``httplib2.Http`` or its like.
            num_retries: How often to repeat it; by default as the service's client does.

        Returns:
            The JSON object of the answer; ``""`` after a delete.

        Raises:
            HttpError: The server refused.
            ConnectionError, TimeoutError: There was no answer. Their cause, a TransportError, says
                whether the request was sent.
        """
        call = self._call()
        options: CallOptions = {}
        if self.headers:
            options["headers"] = self.headers
        if num_retries is not None:
            options["retry"] = RetryPolicy(attempts=num_retries + 1)
        client = self._service.client(http)
        try:
            result = client.run(wire_scripts.script(client.exchange(**options), call))
        except (ApiError, TransportError, DeadlineExceededError) as error:
            raise self._translated(error, call) from error
        self._call_back(call)
        return result

    def _call(self) -> WireCall:
        base = self._service.base_url
        if not self.uri.startswith(base):
            raise ConfigError(f"this service cannot send to {self.uri}: it is one of {base}")
        return WireCall(
            operation=self.methodId,
            verb=self.method,
            path=self.uri.removeprefix(base),
            project=self._parameters["project"],
            queue=self._parameters["taskqueue"],
            task=self._parameters.get("task"),
            body=None if self.body is None else json.loads(self.body),
            parameters=self._parameters,
            read=dict,
        )

    def _call_back(self, call: WireCall) -> None:
        for callback in self._callbacks:
            callback(_resp(call))

    def _translated(self, error: TaskQueueError, call: WireCall) -> Exception:
        """As googleapiclient would have raised it."""
        refused = isinstance(error, ApiError) or isinstance(error.__cause__, ApiError)
        if refused and call.answers:
            self._call_back(call)
            return HttpError(_resp(call), call.answers[-1].body, uri=self.uri)
        if isinstance(error, RequestTimeoutError | DeadlineExceededError):
            return TimeoutError(str(error))
        return ConnectionError(str(error))


class BatchHttpRequest:
    """Requests that are executed together.

    Args:
        callback: Called for each, with its id, its result and its error, one of which is None.
    """

    def __init__(self, callback: BatchCallback | None = None) -> None:
        self._callback = callback
        self._requests: dict[str, tuple[HttpRequest, BatchCallback | None]] = {}

    def add(
        self,
        request: HttpRequest,
        callback: BatchCallback | None = None,
        request_id: str | None = None,
    ) -> None:
        """Add one more.

        Args:
            request: Made by the same service.
            callback: For this one, called before that of the batch.
            request_id: By default the number of the request.

        Raises:
            KeyError: The id is in use.
            BatchError: There are 1000 already.
        """
        if len(self._requests) >= _LARGEST_BATCH:
            raise BatchError(f"Exceeded the maximum calls({_LARGEST_BATCH}) in a single batch.")
        name = self._new_id() if request_id is None else request_id
        if name in self._requests:
            raise KeyError(f"A request with this ID already exists: {name}")
        self._requests[name] = request, callback

    def execute(self, http: Any = None) -> None:
        """Execute all of them, each as it would be alone.

        Args:
            http: As for ``HttpRequest.execute``.

        Raises:
            ConnectionError, TimeoutError: There was no answer to one; those after it are not sent.
        """
        for request_id, (request, callback) in self._requests.items():
            result: Any = None
            refusal: HttpError | None = None
            try:
                result = request.execute(http)
            except HttpError as error:
                refusal = error
            for each in (callback, self._callback):
                if each is not None:
                    each(request_id, result, refusal)

    def _new_id(self) -> str:
        numbers = count(len(self._requests) + 1)
        return next(str(each) for each in numbers if str(each) not in self._requests)


def _resp(call: WireCall) -> Resp:
    answer = call.answers[-1]
    return Resp(answer.status, answer.headers)
