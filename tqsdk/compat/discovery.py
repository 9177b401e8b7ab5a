"""``googleapiclient.discovery``'s ``build``, over ``tqsdk``: the same calls, dicts in, dicts out.

A program changes the import, and gets this package's transport and retries, and no second task
when an answer is lost. What it reads of a request (``uri``, ``method``, ``body``, ``methodId``) and
what its mistakes raise are as before. Nothing of Google's is needed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import Any, cast
from urllib.parse import quote, urlencode

from discovery import contract
from discovery.contract import Method
from discovery.service_types import BatchCallback, TaskqueueResource
from tqsdk import config
from tqsdk.client import Client
from tqsdk.client_base import ClientSettings
from tqsdk.compat.errors import UnknownApiNameOrVersion
from tqsdk.compat.http import BatchHttpRequest, HttpRequest
from tqsdk.compat.http_transport import HttpTransport
from tqsdk.compat.old_credentials import token_source

_ANY_PROJECT = "any"  # each call names its own

# Google's client takes these for every API, and passes them on.
_PASSED_ON = ("pp", "strict", "trace", "userip")
_WITHOUT_EFFECT = {
    "adc_cert_path",
    "adc_key_path",
    "always_use_jwt_access",
    "cache",
    "cache_discovery",
    "discoveryServiceUrl",
    "num_retries",
    "static_discovery",
}


def build(
    serviceName: str = "taskqueue",
    version: str = "v1beta2",
    *,
    http: Any = None,
    developerKey: str | None = None,
    credentials: Any = None,
    client: Client | None = None,
    **settings: Any,
) -> TaskqueueResource:
    """A service whose calls go through a ``Client``; threads can share it.

    Args:
        serviceName: ``taskqueue``.
        version: ``v1beta2``.
        http: ``httplib2.Http`` or its like, to send through; then nothing else is.
        developerKey: Sent with each call.
        credentials: Of google-auth or oauth2client, or whatever else ``Client`` takes; not sent to
            the server of ``TASKQUEUE_EMULATOR_HOST``.
        client: To send through, in place of all the others; its project does not matter.
        settings: For a client of the service's own, as ``ClientSettings``. Those of Google's
            ``build`` which are about discovery and certificates are taken and have no effect.

    Raises:
        UnknownApiNameOrVersion: It is another API, or another version.
        ConfigError: No server is given, or a setting makes no sense.
    """
    if (serviceName, version) != ("taskqueue", "v1beta2"):
        raise UnknownApiNameOrVersion(f"name: {serviceName}  version: {version}")
    for name in settings.keys() - _WITHOUT_EFFECT - ClientSettings.__annotations__.keys():
        raise TypeError(f"build() got an unexpected keyword argument {name!r}")
    kept = {name: each for name, each in settings.items() if name not in _WITHOUT_EFFECT}
    if client is None:
        kept["endpoint"] = config.find_endpoint(kept.get("endpoint"), os.environ)
        if credentials is not None and not config.is_emulator(kept["endpoint"], os.environ):
            kept["credentials"] = token_source(credentials)
        client = _through(http, kept) if http is not None else Client(_ANY_PROJECT, **kept)
    else:
        kept = {"endpoint": client.endpoint}
    return cast(TaskqueueResource, Service(client, kept, developerKey))


class Service:
    """The service; ``build`` makes it.

    Attributes:
        base_url: What every request's URI begins with.
    """

    def __init__(
        self, client: Client, settings: Mapping[str, Any], developer_key: str | None = None
    ) -> None:
        self.base_url: str = client.endpoint + contract.load("v1beta2").base_path
        self._client = client
        self._settings = settings
        self._developer_key = developer_key

    def taskqueues(self) -> Any:
        """What can be done with queues."""
        return _Collection(self, "taskqueues")

    def tasks(self) -> Any:
        """What can be done with tasks."""
        return _Collection(self, "tasks")

    def new_batch_http_request(self, callback: BatchCallback | None = None) -> BatchHttpRequest:
        """A batch to add requests to."""
        return BatchHttpRequest(callback)

    def client(self, http: Any = None) -> Client:
        """What sends: the service's own client, or one that goes through *http*."""
        return self._client if http is None else _through(http, self._settings)

    def request(self, method: Method, /, **arguments: Any) -> HttpRequest:
        """Describe a call of *method*.

        Raises:
            TypeError: An argument is missing, or there is none of this name.
        """
        _check(method, arguments)
        given = {name: each for name, each in arguments.items() if each is not None}
        body = given.pop("body", None)
        texts = {name: _text(method, name, each) for name, each in given.items()}
        in_path = {name for name in texts if _location(method, name) == "path"}
        path = method.path.format_map({name: quote(texts[name], safe="") for name in in_path})
        query = {name: text for name, text in texts.items() if name not in in_path}
        if self._developer_key is not None:
            query["key"] = self._developer_key
        if method.response is not None:
            query["alt"] = "json"
        return HttpRequest(
            self,
            method,
            f"{self.base_url}{path}?{urlencode(query)}",
            None if body is None else json.dumps(body),
            given,
        )

    def close(self) -> None:
        """Close the connections, unless the client was passed in and may have other uses."""
        self._client.close()

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()


class _Collection:
    """The methods of one collection, as attributes."""

    def __init__(self, service: Service, name: str) -> None:
        prefix = f"taskqueue.{name}."
        for method in contract.load("v1beta2").methods.values():
            if method.id.startswith(prefix):
                describe = partial(service.request, method)
                setattr(self, method.id.removeprefix(prefix), describe)


def _through(http: Any, settings: Mapping[str, Any]) -> Client:
    """A client that sends through *http*, with what credentials that has."""
    kept = {name: each for name, each in settings.items() if name not in ("credentials", "token")}
    return Client(_ANY_PROJECT, transport=HttpTransport(http), **kept)


def _check(method: Method, arguments: Mapping[str, Any]) -> None:
    """Raise what googleapiclient raises, in its words."""
    known = {*method.parameters, *contract.load("v1beta2").parameters, *_PASSED_ON}
    known |= {"body"} if method.request else set()
    for name in arguments:
        if name not in known:
            raise TypeError(f"Got an unexpected keyword argument {name}")
    for name in sorted(method.parameter_order):
        if arguments.get(name) is None:
            raise TypeError(f'Missing required parameter "{name}"')


def _parameter(method: Method, name: str) -> contract.Parameter | None:
    return method.parameters.get(name) or contract.load("v1beta2").parameters.get(name)


def _location(method: Method, name: str) -> str:
    parameter = _parameter(method, name)
    return parameter.location if parameter else "query"


def _text(method: Method, name: str, value: Any) -> str:
    """*value* as googleapiclient spells it."""
    parameter = _parameter(method, name)
    if parameter and parameter.enum and value not in parameter.enum:
        allowed = list(parameter.enum)
        raise TypeError(
            f'Parameter "{name}" value "{value}" is not an allowed value in "{allowed}"'
        )
    kind = parameter.type if parameter else "string"
    if kind == "integer":
        return str(int(value))
    return str(bool(value)).lower() if kind == "boolean" else str(value)
