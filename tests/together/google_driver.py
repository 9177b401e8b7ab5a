"""google-api-python-client as a driver, and what it makes of faults."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google.auth.credentials
import httplib2
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document

from tests.together.drivers import LEASE_SECONDS, PAYLOAD, RENEWED_SECONDS, MakeDriver
from tests.together.faults import Trouble

_DOCUMENT = json.loads(
    (Path(__file__).parents[2] / "discovery" / "taskqueue.v1beta2.json").read_text(encoding="utf-8")
)


def google_driver(retries: int) -> MakeDriver:
    """Makes drivers of google-api-python-client that pass ``num_retries=`` *retries*."""
    return functools.partial(GoogleDriver, retries=retries)


class GoogleDriver:
    """The service as its documentation shows it, with credentials that can be refreshed."""

    def __init__(
        self, trouble: Trouble, project: str, queue: str, timeout: float, *, retries: int
    ) -> None:
        self.waited: list[float] = []
        self._trouble = trouble
        self._retries = retries
        self._there = {"project": f"s~{project}", "taskqueue": queue}
        http = AuthorizedHttp(_Credentials(), http=httplib2.Http(timeout=timeout))
        document = {**_DOCUMENT, "rootUrl": f"{trouble.url}/"}
        self._service: Any = build_from_document(document, http=http)
        self._tasks = self._service.tasks()

    def insert(self, name: str | None, *, dedupe: bool = True) -> str:
        body = {
            "queueName": self._there["taskqueue"],
            "payloadBase64": base64.urlsafe_b64encode(PAYLOAD).decode(),
            **({} if name is None else {"id": name}),
        }
        stored: str = self._answer(self._tasks.insert, body=body)["id"]
        return stored

    def lease(self) -> list[Any]:
        answer = self._answer(self._tasks.lease, numTasks=1, leaseSecs=LEASE_SECONDS)
        return list(answer.get("items", []))

    def renew(self, lease: Any) -> int:
        return int(self._update(lease, RENEWED_SECONDS)["leaseTimestamp"])

    def release(self, lease: Any) -> None:
        self._update(lease, 0)

    def delete(self, name: str) -> None:
        self._answer(self._tasks.delete, task=name)

    def get(self, name: str) -> bytes:
        return base64.urlsafe_b64decode(self._answer(self._tasks.get, task=name)["payloadBase64"])

    def list(self) -> list[str]:
        return [task["id"] for task in self._answer(self._tasks.list).get("items", [])]

    def stats(self) -> int:
        total: int = self._answer(self._service.taskqueues().get, getStats=True)["stats"][
            "totalTasks"
        ]
        return total

    def info(self) -> str:
        name: str = self._answer(self._service.taskqueues().get)["id"]
        return name.rpartition("/")[2]

    def close(self) -> None:
        self._service.close()

    def _update(self, lease: Any, seconds: int) -> dict[str, Any]:
        body = {**lease, "queueName": self._there["taskqueue"]}
        return self._answer(
            self._tasks.update, task=lease["id"], newLeaseSeconds=seconds, body=body
        )

    def _answer(self, method: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
        request = method(**self._there, **arguments)
        request._sleep = self._wait  # its own seam for tests
        answer: dict[str, Any] = request.execute(num_retries=self._retries)
        return answer

    def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self._trouble.mend()


class _Credentials(google.auth.credentials.Credentials):
    """Gives another token whenever it is asked to refresh."""

    def __init__(self) -> None:
        super().__init__()
        self._given = 0

    def refresh(self, request: Any) -> None:
        self._given += 1
        self.token = f"token-{self._given}"
