"""Where the server is and whose queues are meant: arguments first, then the environment.

The only module that reads environment variables. It never falls back to a Google host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from tqsdk.errors import ConfigError

EMULATOR_HOST = "TASKQUEUE_EMULATOR_HOST"
ENDPOINT = "TASKQUEUE_ENDPOINT"
LOG = "TQSDK_LOG"
PROJECT = "GOOGLE_CLOUD_PROJECT"

_LEVELS = ("debug", "info", "warning", "error")
_PORTS = {"http": 80, "https": 443}
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]?#]+):[0-9]{1,5}")
_PRODUCT = re.compile(r"[!-~]+( [!-~]+)*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([!-~\xa0-\xff]([ \t!-~\xa0-\xff]*[!-~\xa0-\xff])?)?")
_TOKEN = re.compile(r"[!-~]+")


def find_endpoint(
    argument: str | None, environ: Mapping[str, str], *, fallback: str | None = None
) -> str:
    """The URL below which the API lies, without a slash at its end.

    Args:
        argument: Given by the program; wins over the environment.
        environ: ``TASKQUEUE_EMULATOR_HOST`` (``host:port``) wins over ``TASKQUEUE_ENDPOINT`` (URL).
        fallback: For transports that reach no network and need a URL only to have one.

    Raises:
        ConfigError: There is none, or it is not what it should be.
    """
    if argument is not None:
        return _url(argument, "endpoint")
    if host := environ.get(EMULATOR_HOST):
        if not _HOST_AND_PORT.fullmatch(host):
            raise ConfigError(
                f"{EMULATOR_HOST} must be host:port, such as 127.0.0.1:8088; "
                f"a URL belongs in {ENDPOINT}"
            )
        return _url(f"http://{host}", EMULATOR_HOST)
    if url := environ.get(ENDPOINT):
        return _url(url, ENDPOINT)
    if fallback is not None:
        return fallback
    raise ConfigError(
        f"no server given: pass endpoint=, or set {EMULATOR_HOST} (host:port) or {ENDPOINT} (URL)"
    )


def find_project(argument: str | None, environ: Mapping[str, str]) -> str:
    """The project id, with its partition (``s~``) if it was given with one.

    Raises:
        ConfigError: There is none.
    """
    project = environ.get(PROJECT, "") if argument is None else argument
    if not project:
        raise ConfigError(f"no project given: pass project=, or set {PROJECT}")
    return project


def find_log_level(argument: str | None, environ: Mapping[str, str]) -> str | None:
    """The level as ``logging`` names it; None if none is given.

    Raises:
        ConfigError: There is no such level.
    """
    level = environ.get(LOG) if argument is None else argument
    if not level:
        return None
    if level.lower() not in _LEVELS:
        raise ConfigError(f"no log level {level!r}: give one of {', '.join(_LEVELS)}, or set {LOG}")
    return level.upper()


def is_emulator(endpoint: str, environ: Mapping[str, str]) -> bool:
    """Whether *endpoint* is the server that ``TASKQUEUE_EMULATOR_HOST`` names, however spelt."""
    host = environ.get(EMULATOR_HOST, "")
    if not _HOST_AND_PORT.fullmatch(host):
        return False
    here, there = urlsplit(endpoint), urlsplit(f"http://{host}")
    if (here.port or _PORTS[here.scheme]) != there.port:
        return False
    both_local = is_loopback(endpoint) and is_loopback(f"http://{host}")
    return both_local or here.hostname == there.hostname


def is_plain_http(endpoint: str) -> bool:
    """Whether others on the way can read what is sent to *endpoint*."""
    return urlsplit(endpoint).scheme == "http" and not is_loopback(endpoint)


def is_loopback(endpoint: str) -> bool:
    """Whether what is sent to *endpoint* stays on this machine."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_token(token: object) -> str:
    """*token*, if it can stand in a header.

    Raises:
        ConfigError: It cannot; the message does not repeat it.
    """
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ConfigError("token must be printable ASCII without spaces or line breaks")
    return token


def check_header(name: str, value: str) -> None:
    """Refuse a header that cannot be sent.

    Raises:
        ConfigError: The message does not repeat the value, which may be a secret.
    """
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        raise ConfigError(f"headers: {name!r} is not the name of a header")
    if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
        raise ConfigError(
            f"headers: the value of {name} must be text in Latin-1, without line breaks or spaces "
            "at its ends"
        )


def check_product(text: str | None) -> str | None:
    """*text*, if it can be added to a User-Agent.

    Raises:
        ConfigError: It cannot.
    """
    if text is not None and not _PRODUCT.fullmatch(text):
        raise ConfigError("user_agent_suffix must be printable ASCII, such as my-app/2.1")
    return text


def _url(text: str, source: str) -> str:
    try:
        parts = urlsplit(text)
        # Reading the port is what checks it.
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise ConfigError(f"{source} is not a URL: {error}") from error
    if not usable or parts.query or parts.fragment or parts.username or re.search(r"\s", text):
        raise ConfigError(
            f"{source} must be a URL such as http://127.0.0.1:8088, without user, ? or #"
        )
    return text.rstrip("/")
