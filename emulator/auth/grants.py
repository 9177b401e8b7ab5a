"""The token endpoint: what Google's answered when programs asked for access tokens.

The key files that ``tq-emulator credentials`` writes name it as their token_uri.
"""

from __future__ import annotations

import binascii
import json
import logging
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl, unquote_plus

from emulator.auth import oauth
from emulator.auth.assertions import Assertion, check_assertion, parse_assertion
from emulator.auth.book import TokensFile
from emulator.auth.digests import matches
from emulator.auth.issued import LIFETIME_SECONDS, Grant, IssuedTokens
from emulator.auth.oauth import OAuthError
from emulator.auth.tokens import Client
from emulator.engine.clock import MICROSECONDS, Clock
from emulator.rest.envelope import decompress
from emulator.rest.messages import Request, Response

logger = logging.getLogger(__name__)

# Beside our own, where Google's token server answered over the years.
_PATHS = frozenset({"/token", "/oauth2/v4/token", "/oauth2/v3/token", "/o/oauth2/token"})

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FORM_TYPE = "application/x-www-form-urlencoded"
_MOST_BODY_BYTES = 1 << 20

Form: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Login:
    """What a client says of itself."""

    client_id: str
    secret: str


class Granter(Protocol):
    """Decides who gets what."""

    def by_assertion(self, assertion: Assertion) -> Grant:
        """For a service account.

        Raises:
            OAuthError: It is not believed.
        """
        ...

    def by_refresh_token(self, login: Login, token: str, scopes: frozenset[str]) -> Grant:
        """For a client that acts for a user.

        Raises:
            OAuthError: The client or the token is not known, or not for these scopes.
        """
        ...

    def by_client(self, login: Login, scopes: frozenset[str]) -> Grant:
        """For a client that acts for itself.

        Raises:
            OAuthError: The client is not known, or not for these scopes.
        """
        ...


class TokenEndpoint:
    """Answers ``POST /token``."""

    def __init__(self, granter: Granter, issued: IssuedTokens, clock: Clock) -> None:
        self._granter = granter
        self._issued = issued
        self._clock = clock

    def __call__(self, request: Request) -> Response | None:
        """The answer, or None where the request is for something else."""
        if request.verb != "POST" or request.path not in _PATHS:
            return None
        try:
            return oauth.token_response(self._members(request))
        except OAuthError as error:
            logger.info("no token: %s", error)
            return oauth.error_response(error)

    def _members(self, request: Request) -> dict[str, Any]:
        form = _form(request)
        kind = _required(form, "grant_type")
        if kind == _JWT_BEARER:
            return self._for_assertion(parse_assertion(_required(form, "assertion")))
        scopes = frozenset(form.get("scope", "").split())
        if kind == "refresh_token":
            token = _required(form, "refresh_token")
            return self._issue(self._granter.by_refresh_token(_login(request, form), token, scopes))
        if kind == "client_credentials":
            return self._issue(self._granter.by_client(_login(request, form), scopes))
        raise OAuthError(
            "unsupported_grant_type",
            f"Invalid grant_type: use {_JWT_BEARER}, refresh_token or client_credentials.",
        )

    def _for_assertion(self, assertion: Assertion) -> dict[str, Any]:
        grant = self._granter.by_assertion(assertion)
        members = self._issue(grant)
        if assertion.target_audience is not None:
            members["id_token"] = self._id_token(grant.email, assertion.target_audience)
        return members

    def _issue(self, grant: Grant) -> dict[str, Any]:
        members = {
            "access_token": self._issued.issue(grant),
            "expires_in": LIFETIME_SECONDS,
            "token_type": "Bearer",
        }
        if grant.scopes:
            members["scope"] = " ".join(sorted(grant.scopes))
        return members

    def _id_token(self, email: str, audience: str) -> str:
        """An ID token in form only: it is unsigned, as nobody has a key of ours to check it by."""
        now = self._clock.now() // MICROSECONDS
        claims = {
            "iss": "https://accounts.google.com",
            "aud": audience,
            "azp": email,
            "sub": email,
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


class OpenGranter:
    """Everybody gets what they ask for; ``--auth open`` looks at no token anyway."""

    def by_assertion(self, assertion: Assertion) -> Grant:
        """Whoever it says it is."""
        return Grant(assertion.issuer, assertion.scopes or None, "")

    def by_refresh_token(self, login: Login, token: str, scopes: frozenset[str]) -> Grant:
        """Anyone."""
        return Grant(login.client_id, scopes or None, "")

    def by_client(self, login: Login, scopes: frozenset[str]) -> Grant:
        """Anyone."""
        return Grant(login.client_id, scopes or None, "")


class FileGranter:
    """Those get a token whose keys and secrets are in the tokens file."""

    def __init__(self, file: TokensFile, wall_clock: Clock) -> None:
        """Take grants as *file* has them.

        Args:
            file: Who is known.
            wall_clock: What assertions are dated by. The programs that sign them have the real
                time, even where the server's own clock was moved for a test.
        """
        self._file = file
        self._wall_clock = wall_clock

    def by_assertion(self, assertion: Assertion) -> Grant:
        """For the account whose key signed it."""
        account = check_assertion(assertion, self._file.book(), self._wall_clock.now())
        scopes = allowed_scopes(assertion.scopes, account.scopes)
        return Grant(account.email, scopes, account.name)

    def by_refresh_token(self, login: Login, token: str, scopes: frozenset[str]) -> Grant:
        """For the user whose refresh token it is, if the client is the one it was given to."""
        client = self._client(login)
        found = self._file.book().refresh_tokens.find(token)
        if found is None or found.client_id != client.client_id:
            raise oauth.invalid_grant("Token has been expired or revoked.")
        return Grant(client.email, allowed_scopes(scopes, client.scopes), client.name)

    def by_client(self, login: Login, scopes: frozenset[str]) -> Grant:
        """For the client's own address; not for a client that acts for a user."""
        client = self._client(login)
        if client.refresh_token_sha256 is not None:
            raise OAuthError(
                "unauthorized_client", "This client acts for a user: it needs its refresh_token."
            )
        return Grant(client.email, allowed_scopes(scopes, client.scopes), client.name)

    def _client(self, login: Login) -> Client:
        client = self._file.book().clients.get(login.client_id)
        if client is None or not matches(login.secret, client.secret_sha256):
            raise oauth.invalid_client()
        return client


def allowed_scopes(asked: frozenset[str], allowed: Iterable[str] | None) -> frozenset[str] | None:
    """What of *asked* is *allowed*; who asks for nothing in particular gets all there is.

    Raises:
        OAuthError: invalid_scope; nothing is left.
    """
    if allowed is None:
        return asked or None
    if not asked:
        return frozenset(allowed)
    granted = asked & frozenset(allowed)
    if not granted:
        raise oauth.invalid_scope()
    return granted


def _form(request: Request) -> Form:
    """The parameters of the body: a form, or, as Google's server took it too, a JSON object."""
    if request.body is None:
        raise oauth.invalid_request("The request is too large.")
    body = decompress(request, request.body, _MOST_BODY_BYTES)
    kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    read = _json_pairs if kind == "application/json" else _form_pairs
    try:
        pairs = read(body.decode())
    except (ValueError, RecursionError) as error:
        raise oauth.invalid_request(f"The body cannot be read: send {_FORM_TYPE}.") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise oauth.invalid_request("A parameter is repeated.")
    return form


def _form_pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, max_num_fields=100)


def _json_pairs(text: str) -> list[tuple[str, str]]:
    members = json.loads(text)
    if not isinstance(members, dict):
        raise ValueError("not a JSON object")
    return [(name, value) for name, value in members.items() if isinstance(value, str)]


def _required(form: Form, name: str) -> str:
    value = form.get(name)
    if not value:
        raise oauth.invalid_request(f"Missing required parameter: {name}")
    return value


def _login(request: Request, form: Form) -> Login:
    """The client's id and secret, from a Basic header or from the form (RFC 6749 section 2.3.1)."""
    kind, _, encoded = (request.headers.get("authorization") or "").partition(" ")
    if kind.lower() != "basic":
        return Login(_required(form, "client_id"), form.get("client_secret", ""))
    try:
        client_id, found, secret = b64decode(encoded.strip()).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise oauth.invalid_client() from error
    if not found:
        raise oauth.invalid_client()
    return Login(unquote_plus(client_id), unquote_plus(secret))


def _part(members: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()
