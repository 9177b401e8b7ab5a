"""tqsdk: a typed client for Google's Task Queue REST API (taskqueue/v1beta2) and its revivals.

::

    from tqsdk import Client

    with Client("my-project", endpoint="http://127.0.0.1:8088") as client:
        queue = client.queue("mail")
        queue.insert(b"hello", tag="greeting")
        with queue.lease(max_tasks=10, seconds=60) as leases:
            for lease in leases:
                print(lease.payload)
                lease.delete()

Map: ``client``, ``queue``, ``lease`` (what programs use), ``models``, ``errors``; below them
``operations`` (what is repeated when), ``exchange`` (attempts and waits), ``calls`` (the eight
methods), ``transport``. For many at once: ``batch``, ``bulk`` and ``keeping``; below them ``lanes``
(scripts side by side) and ``multipart``. Beside all: ``auth`` (as whom), ``logs``, ``hooks`` and
``otel`` (who watches), ``aio`` (all this on an event loop); ``testing`` is for tests of programs
that use this package.
"""

import logging

# First, and for its effect alone: it refuses to go on with a stranger's discovery.
from tqsdk import ground  # noqa: F401 # pyright: ignore[reportUnusedImport]
from tqsdk.auth import AccessToken
from tqsdk.batch import Batch
from tqsdk.budget import RetryBudget
from tqsdk.bulk import DeleteReport, Failure, InsertReport, NewTask
from tqsdk.client import Client
from tqsdk.clock import Clock, SystemClock
from tqsdk.codecs import Codec
from tqsdk.errors import (
    AmbiguousResultError,
    ApiError,
    ArgumentError,
    BulkInterruptedError,
    ConfigError,
    ConnectError,
    CredentialsError,
    DeadlineExceededError,
    InvalidArgumentError,
    LeaseLostError,
    NotFoundError,
    PayloadDecodeError,
    PayloadTooLargeError,
    PermissionDeniedError,
    QueueNotFoundError,
    RateLimitedError,
    RequestTimeoutError,
    ServerError,
    TaskExistsError,
    TaskNotFoundError,
    TaskQueueError,
    TaskTombstonedError,
    TransportError,
    UnauthenticatedError,
)
from tqsdk.hooks import Attempt
from tqsdk.keep_alive import KeepAlive
from tqsdk.lanes import Planned
from tqsdk.lease import Lease, Leases
from tqsdk.limits import Limits
from tqsdk.models import QueueAcl, QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.options import CallOptions
from tqsdk.queue import Queue
from tqsdk.raw import RawResponse
from tqsdk.requests_transport import RequestsTransport
from tqsdk.retry import RetryPolicy
from tqsdk.transport import Request, Response, Timeout, Transport
from tqsdk.typed import NewValue, TypedLease, TypedLeases, TypedQueue
from tqsdk.version import __version__

__all__ = [
    "AccessToken",
    "AmbiguousResultError",
    "ApiError",
    "ArgumentError",
    "Attempt",
    "Batch",
    "BulkInterruptedError",
    "CallOptions",
    "Client",
    "Clock",
    "Codec",
    "ConfigError",
    "ConnectError",
    "CredentialsError",
    "DeadlineExceededError",
    "DeleteReport",
    "Failure",
    "InsertReport",
    "InvalidArgumentError",
    "KeepAlive",
    "Lease",
    "LeaseLostError",
    "Leases",
    "Limits",
    "NewTask",
    "NewValue",
    "NotFoundError",
    "PayloadDecodeError",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "Planned",
    "Queue",
    "QueueAcl",
    "QueueInfo",
    "QueueNotFoundError",
    "QueueStats",
    "RateLimitedError",
    "RawResponse",
    "Request",
    "RequestTimeoutError",
    "RequestsTransport",
    "Response",
    "RetryBudget",
    "RetryPolicy",
    "ServerError",
    "SystemClock",
    "Task",
    "TaskExistsError",
    "TaskNotFoundError",
    "TaskQueueError",
    "TaskSummary",
    "TaskTombstonedError",
    "Timeout",
    "Transport",
    "TransportError",
    "TypedLease",
    "TypedLeases",
    "TypedQueue",
    "UnauthenticatedError",
    "__version__",
]

logging.getLogger("tqsdk").addHandler(logging.NullHandler())
