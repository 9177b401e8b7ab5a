"""Google's own client against our endpoint: ``build`` for new code, ``install`` for old.

The current google-api-python-client refuses ``build("taskqueue", "v1beta2")``, as it no longer
ships the document; and no version of it reads a variable that says where the server is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, cast

from discovery import contract
from discovery.service_types import TaskqueueResource
from tqsdk import config
from tqsdk.compat.old_credentials import scoped
from tqsdk.errors import ConfigError

try:
    # Has no types.
    from googleapiclient import discovery, discovery_cache  # type: ignore[import-untyped]

    from tqsdk.compat.thread_http import ThreadHttp
except ImportError as _error:
    raise ImportError(
        "tqsdk.compat.googleapi needs google-api-python-client: pip install 'taskqueue-sdk[google]'"
    ) from _error

# Modules without types, of which two functions are replaced.
_discovery: Any = discovery
_discovery_cache: Any = discovery_cache

__all__ = ["TaskqueueResource", "build", "install", "uninstall"]

_GOOGLES_ROOT = "https://www.googleapis.com/"
_HOW_TO_FIND_THE_DOCUMENT = {
    "discoveryServiceUrl",
    "cache_discovery",
    "cache",
    "num_retries",
    "static_discovery",
}


def build(
    serviceName: str = "taskqueue",
    version: str = "v1beta2",
    *,
    endpoint: str | None = None,
    **options: Any,
) -> TaskqueueResource:
    """A service of googleapiclient over the document that comes with this package.

    It can be shared by threads, unless an ``http`` is passed in. Google's default credentials are
    not looked for: pass ``credentials``.

    Args:
        serviceName: There for calls that were written for Google's ``build``.
        version: ``v1beta2``, which the return type describes, or ``v1beta1``.
        endpoint: The URL of the server; otherwise from ``TASKQUEUE_EMULATOR_HOST``, to which
            credentials are not sent, then ``TASKQUEUE_ENDPOINT``.
        options: The other keywords of Google's ``build``; those about finding and caching the
            document have no effect.

    Raises:
        ConfigError: No server is given, credentials would go unprotected over a network, or this is
            no version of taskqueue.
    """
    if serviceName != "taskqueue" or version not in contract.VERSIONS:
        raise ConfigError(
            f"cannot build {serviceName!r} {version!r}: here are only versions "
            f"{', '.join(contract.VERSIONS)} of 'taskqueue'"
        )
    kept = {name: each for name, each in options.items() if name not in _HOW_TO_FIND_THE_DOCUMENT}
    document = json.loads(contract.load(version).document)
    arguments = _completed(document, kept, endpoint)
    return cast(TaskqueueResource, _unpatched(_discovery.build_from_document)(**arguments))


def install(*, endpoint: str | None = None, credentials: Any = None) -> None:
    """Make ``googleapiclient.discovery.build("taskqueue", "v1beta2")`` work again, at our endpoint.

    This holds for the whole process, also where ``build`` has been imported already, and until
    ``uninstall``. Other APIs are none the wiser, and so are calls with a ``discoveryServiceUrl``.
    To install again is to change the settings.

    Args:
        endpoint: As for ``build``; the environment is read when a service is built.
        credentials: For services that are built without any; by default these send none.
    """
    uninstall()

    def static_document(original: Callable[..., Any], serviceName: str, version: str) -> Any:
        if serviceName == "taskqueue" and version in contract.VERSIONS:
            return contract.load(version).document.decode()
        return original(serviceName, version)

    def build_from_document(original: Callable[..., Any], service: Any, **options: Any) -> Any:
        document = _googles_taskqueue(service)
        if document is None:
            return original(service, **options)
        if options.get("credentials") is None and options.get("http") is None:
            options["credentials"] = credentials
        return original(**_completed(document, options, endpoint))

    _discovery_cache.get_static_doc = _Patch(_discovery_cache.get_static_doc, static_document)
    _discovery.build_from_document = _Patch(_discovery.build_from_document, build_from_document)


def uninstall() -> None:
    """Undo ``install``; without one, nothing happens. Services that were built go on working."""
    _discovery_cache.get_static_doc = _unpatched(_discovery_cache.get_static_doc)
    _discovery.build_from_document = _unpatched(_discovery.build_from_document)


class _Patch:
    """Stands in for a function of googleapiclient, and keeps it to be put back."""

    def __init__(self, original: Callable[..., Any], instead: Callable[..., Any]) -> None:
        self.original = original
        self._instead = instead

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._instead(self.original, *arguments, **options)


def _unpatched(function: Callable[..., Any]) -> Callable[..., Any]:
    return function.original if isinstance(function, _Patch) else function


def _googles_taskqueue(service: Any) -> dict[str, Any] | None:
    """The document, if it is Google's of this API: one of another server knows where that is."""
    if isinstance(service, bytes):
        service = service.decode()
    if isinstance(service, str):
        if '"taskqueue:v1beta' not in service:  # other documents can have megabytes
            return None
        service = json.loads(service)
    is_ours = service.get("name") == "taskqueue" and service.get("rootUrl") == _GOOGLES_ROOT
    return service if is_ours else None


def _completed(
    document: Mapping[str, Any], options: Mapping[str, Any], endpoint: str | None
) -> dict[str, Any]:
    """The arguments of ``build_from_document``: the endpoint and who is calling, filled in."""
    arguments = {**options, "service": document}
    client_options: Any = options.get("client_options") or {}
    if _option(client_options, "credentials_file"):
        raise ConfigError(
            "client_options: credentials_file is not read here; load it, and pass credentials="
        )
    url = _option(client_options, "api_endpoint")
    if not url:
        # Batches go there too, while an api_endpoint leaves them at Google's address.
        url = config.find_endpoint(endpoint, os.environ)
        arguments["service"] = {**document, "rootUrl": f"{url}/"}
    if options.get("http") is None:
        credentials = arguments.pop("credentials", None)
        scopes = _option(client_options, "scopes") or list(document["auth"]["oauth2"]["scopes"])
        if credentials is not None and config.is_emulator(url, os.environ):
            credentials = None  # made for Google: an emulator is not to see them
        if credentials is not None and url.startswith("http://") and not config.is_loopback(url):
            raise ConfigError(f"credentials are not sent unprotected to {url}: use https://")
        arguments["http"] = ThreadHttp(scoped(credentials, scopes))
    return arguments


def _option(client_options: Any, name: str) -> Any:
    """One of the options, which may be a mapping or Google's ``ClientOptions``."""
    if isinstance(client_options, Mapping):
        return cast(Mapping[str, Any], client_options).get(name)
    return getattr(client_options, name)
