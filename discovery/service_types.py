# Derived from taskqueue.v1beta2.json by `python -m discovery.derive`. Do not edit.
"""The API's methods as google-api-python-client offers them, for type checkers.

A service is built at run time, from the document; these protocols say what then is there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

from discovery.wire_types import Task, TaskQueue, Tasks, Tasks2

T_co = TypeVar("T_co", covariant=True)


class HttpRequest(Protocol[T_co]):
    """One call, described and not yet sent."""

    uri: str
    method: str
    body: Any
    headers: dict[str, str]
    methodId: str

    def execute(self, http: Any = None, num_retries: int = 0) -> T_co: ...

    def add_response_callback(self, cb: Callable[[Any], object]) -> None: ...


BatchCallback = Callable[[str, Any, Any], object]


class BatchHttpRequest(Protocol):
    """Calls that are sent together; a callback is given each one's id, answer and error."""

    def add(
        self,
        request: HttpRequest[Any],
        callback: BatchCallback | None = None,
        request_id: str | None = None,
    ) -> None: ...

    def execute(self, http: Any = None) -> None: ...


class CommonParameters(TypedDict, total=False):
    """What every method takes as well."""

    alt: str | None
    fields: str | None
    key: str | None
    oauth_token: str | None
    prettyPrint: bool | None
    quotaUser: str | None
    userIp: str | None


class TaskqueuesResource(Protocol):
    def get(
        self,
        *,
        project: str,
        taskqueue: str,
        getStats: bool | None = None,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[TaskQueue]: ...


class TasksResource(Protocol):
    def delete(
        self,
        *,
        project: str,
        taskqueue: str,
        task: str,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[str]: ...

    def get(
        self,
        *,
        project: str,
        taskqueue: str,
        task: str,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[Task]: ...

    def insert(
        self,
        *,
        project: str,
        taskqueue: str,
        body: Task,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[Task]: ...

    def lease(
        self,
        *,
        project: str,
        taskqueue: str,
        numTasks: int,
        leaseSecs: int,
        groupByTag: bool | None = None,
        tag: str | None = None,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[Tasks]: ...

    def list(
        self,
        *,
        project: str,
        taskqueue: str,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[Tasks2]: ...

    def patch(
        self,
        *,
        project: str,
        taskqueue: str,
        task: str,
        newLeaseSeconds: int,
        body: Task,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[Task]: ...

    def update(
        self,
        *,
        project: str,
        taskqueue: str,
        task: str,
        newLeaseSeconds: int,
        body: Task,
        **common: Unpack[CommonParameters],
    ) -> HttpRequest[Task]: ...


class TaskqueueResource(Protocol):
    """The service: ``build("taskqueue", "v1beta2")``."""

    def taskqueues(self) -> TaskqueuesResource: ...

    def tasks(self) -> TasksResource: ...

    def new_batch_http_request(self, callback: BatchCallback | None = None) -> BatchHttpRequest: ...

    def close(self) -> None: ...

    def __enter__(self) -> TaskqueueResource: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None: ...
