"""Who may call: tokens, scopes, the queue's access list, and which web pages may reach us.

What a token is worth is decided by an ``Authenticator``; those that know more than ``open`` live in
``emulator.auth``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from discovery.contract import Method
from emulator.engine.limits import Limits
from emulator.engine.model import QueueSettings
from emulator.rest import errors
from emulator.rest.messages import Request, RequestHeaders
from emulator.rest.parse import Pairs

_INSERT = "taskqueue.tasks.insert"

# Compute Engine's service accounts had scopes of their own, which the document does not list
# (API.md section 3); the second could only read.
_CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-taskqueue"
_CLOUD_READ_SCOPE = "https://www.googleapis.com/auth/cloud-taskqueue.consumer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling.

    Attributes:
        email: None is nobody in particular, whom access lists do not concern.
        scopes: What the token was issued for; None is everything.
    """

    email: str | None
    scopes: frozenset[str] | None


ANYONE = Caller(None, None)


class Authenticator(Protocol):
    """Knows what tokens are worth.

    Attributes:
        waits: Whether it may ask somebody over the network, so that the door must be called where
            waiting harms nobody.
    """

    @property
    def waits(self) -> bool: ...

    def caller(self, token: str | None) -> Caller:
        """Who holds *token*; None is a request without one.

        Raises:
            WireError: 401; ``errors.login_required`` or ``errors.invalid_credentials``.
        """
        ...


class OpenAuthenticator:
    """Any token is good, and so is none."""

    waits = False

    def caller(self, token: str | None) -> Caller:
        """Anyone."""
        return ANYONE


@dataclass(frozen=True, slots=True)
class Guard:
    """Keeps web pages from reaching an open server through the user's browser (RULINGS 16).

    A page can make a browser send requests to localhost, or to a name that it lets point there. So
    an open server answers only to names that mean this machine, and only to pages served by it.

    Attributes:
        hosts: Names that may stand in the Host header, beside loopback ones; see ``names``.
        origins: Origins that may stand in the Origin header, beside loopback ones.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def check(self, headers: RequestHeaders) -> None:
        """Refuse a request that a foreign page may have caused.

        Raises:
            WireError: 403, saying which switch allows it.
        """
        host = _hostname(f"//{headers.get('host') or 'localhost'}")
        if not is_loopback(host) and not names(self.hosts, host):
            raise errors.forbidden_host(host)
        origin = headers.get("origin")
        if origin is None or origin in self.origins or "*" in self.origins:
            return
        if not is_loopback(_hostname(origin)):
            raise errors.forbidden_origin(origin)


@lru_cache(1024)
def _hostname(url: str) -> str:
    """The host of *url*, or "" where it has none or is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def names(hosts: Iterable[str], host: str) -> bool:
    """Whether *host* is among *hosts*; one with a leading dot is a domain and all that is in it."""
    return any(
        f".{host}".endswith(each) if each.startswith(".") else host == each for each in hosts
    )


@lru_cache(1024)
def is_loopback(host: str) -> bool:
    """Whether *host*, a name or an address without brackets, always means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def token_of(request: Request, parameters: Pairs) -> str | None:
    """The token that a request brings: in the header, or in one of two query parameters."""
    header = request.headers.get("authorization")
    if header:
        kind, _, token = header.partition(" ")
        # Credentials of another kind are a token that nobody can have: none has a space.
        return token.strip() if kind.lower() in ("bearer", "oauth") else f"{header} "
    given = (text for name, text in parameters if name in ("access_token", "oauth_token"))
    return next(given, None) or None


def check_scope(caller: Caller, method: Method) -> None:
    """Refuse a token that was not issued for *method*.

    Raises:
        WireError: 403 insufficientPermissions.
    """
    if caller.scopes is None:
        return
    if not caller.scopes & _accepted(method.scopes, method.verb):
        raise errors.insufficient_scope(method.scopes)


@cache
def _accepted(scopes: tuple[str, ...], verb: str) -> frozenset[str]:
    also = {_CLOUD_SCOPE, _CLOUD_READ_SCOPE} if verb == "GET" else {_CLOUD_SCOPE}
    return frozenset({*scopes, *also})


def check_access_list(caller: Caller, settings: QueueSettings, method: str, limits: Limits) -> None:
    """Refuse a caller whom the queue's access list does not name.

    A ``writer_email`` may insert, a ``user_email`` may do all else (API.md section 3).

    Raises:
        WireError: 403 forbidden.
    """
    if caller.email is None:
        return
    if not settings.has_acl:
        if not limits.queue_without_acl_is_open:
            raise errors.forbidden()
        return
    allowed = settings.producers if method == _INSERT else settings.consumers
    if caller.email not in allowed:
        raise errors.forbidden()
