"""``--auth google``: Google itself says whose a token is, through google-auth (extra ``[google]``).

Two kinds of token come from Google. An ID token is signed, and is checked here with Google's
certificates, fetched when first needed. An access token is opaque: Google is asked, and the answer
is kept for a while. Either way Google is asked over the network, in the thread that answers.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from emulator.auth.digests import digest
from emulator.auth.keys import MissingLibraryError
from emulator.engine.clock import MICROSECONDS, Clock
from emulator.rest import errors
from emulator.rest.access import Caller
from emulator.rest.errors import WireError

if TYPE_CHECKING:
    from google.auth.transport import Request

logger = logging.getLogger(__name__)

_CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"
_TOKEN_INFO = "https://oauth2.googleapis.com/tokeninfo"
_ISSUERS = frozenset({"accounts.google.com", "https://accounts.google.com"})
# Includes every API of Google's; it is what its programs ask for today, long after this API's end.
_ALL_OF_GOOGLE = "https://www.googleapis.com/auth/cloud-platform"

_TIMEOUT_SECONDS = 5
_SKEW_SECONDS = 10
_CERTIFICATES_KEPT = 3600 * MICROSECONDS
_CERTIFICATES_KEPT_AT_LEAST = 60 * MICROSECONDS
_REFUSAL_KEPT = 60 * MICROSECONDS
_ANSWER_KEPT = 300 * MICROSECONDS
_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Google said of an access token; None is that it is worth nothing."""

    caller: Caller | None
    until: int


class GoogleAuthenticator:
    """Knows Google's tokens."""

    waits = True

    def __init__(
        self, clock: Clock, *, audiences: Sequence[str] = (), request: Request | None = None
    ) -> None:
        """Make an authenticator.

        Args:
            clock: Says when what is kept is old.
            audiences: Whom ID tokens must be for. Without any, none is taken: every site that
                Google's users log in to has ID tokens of them.
            request: How Google is asked; by default over the network.

        Raises:
            MissingLibraryError: google-auth is not installed.
        """
        try:
            from google.auth.transport.requests import Request as NetworkRequest
        except ModuleNotFoundError as error:
            raise MissingLibraryError("--auth google", "google-auth", "google") from error
        self._google = _Google(request or NetworkRequest())
        self._clock = clock
        self._audiences = list(audiences)
        self._certificates = _Certificates(self._google, clock)
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def caller(self, token: str | None) -> Caller:
        """Who holds *token*.

        Raises:
            WireError: 401; there is no token, or it is worth nothing. 503; Google does not answer.
        """
        if not token:
            raise errors.login_required()
        if token.count(".") == 2:
            return self._id_token_holder(token)
        return self._access_token_holder(token)

    def _id_token_holder(self, token: str) -> Caller:
        from google.auth import exceptions, jwt

        if not self._audiences:
            logger.info("an ID token was refused: no --google-audience is given")
            raise errors.invalid_credentials()
        try:
            # google-auth has no types for these two.
            key_id = jwt.decode_header(token).get("kid")  # type: ignore[no-untyped-call]
            claims: Mapping[str, Any] = jwt.decode(  # type: ignore[no-untyped-call]
                token,
                certs=self._certificates.with_key(str(key_id)),
                audience=self._audiences,
                clock_skew_in_seconds=_SKEW_SECONDS,
            )
        except (ValueError, exceptions.GoogleAuthError) as error:
            logger.info("an ID token was refused: %s", error)
            raise errors.invalid_credentials() from error
        if claims.get("iss") not in _ISSUERS:
            raise errors.invalid_credentials()
        return Caller(_verified_email(claims), None)

    def _access_token_holder(self, token: str) -> Caller:
        now = self._clock.now()
        key = digest(token)
        with self._lock:
            answer = self._answers.get(key)
        if answer is None or now >= answer.until:
            answer = self._ask(token, now)
            with self._lock:
                self._answers[key] = answer
                self._answers.move_to_end(key)
                while len(self._answers) > _MOST_KEPT:
                    self._answers.popitem(last=False)
        if answer.caller is None:
            raise errors.invalid_credentials()
        return answer.caller

    def _ask(self, token: str, now: int) -> _Answer:
        members = self._google.members(f"{_TOKEN_INFO}?{urlencode({'access_token': token})}")
        refused = _Answer(None, now + _REFUSAL_KEPT)
        if members is None:
            return refused
        try:
            email = _verified_email(members)
            lives = int(members["expires_in"]) * MICROSECONDS
        except (WireError, KeyError, TypeError, ValueError):
            return refused
        scopes = frozenset(str(members.get("scope", "")).split())
        caller = Caller(email, None if _ALL_OF_GOOGLE in scopes else scopes)
        return _Answer(caller, now + min(lives, _ANSWER_KEPT))


class _Certificates:
    """Google's certificates by key id, fetched again when they are old or a key is new."""

    def __init__(self, google: _Google, clock: Clock) -> None:
        self._google = google
        self._clock = clock
        self._found: Mapping[str, str] = {}
        self._fetched_at: int | None = None
        self._lock = threading.Lock()

    def with_key(self, key_id: str) -> Mapping[str, str]:
        """The certificates, with that of *key_id* among them if Google has it."""
        with self._lock:
            now = self._clock.now()
            age = None if self._fetched_at is None else now - self._fetched_at
            # A token with a key id that nobody has must not make us ask Google each time.
            patience = _CERTIFICATES_KEPT if key_id in self._found else _CERTIFICATES_KEPT_AT_LEAST
            if age is None or age >= patience:
                members = self._google.members(_CERTIFICATES)
                if members is None:
                    raise errors.unavailable()
                self._found, self._fetched_at = members, now
            return self._found


class _Reply(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def data(self) -> bytes: ...


class _Google:
    """Google's servers, asked for JSON."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def members(self, url: str) -> Mapping[str, Any] | None:
        """What they answer; None is a refusal.

        Raises:
            WireError: 503; they do not answer, or not in a way that is known.
        """
        from google.auth import exceptions

        try:
            reply: _Reply = self._request(url, method="GET", timeout=_TIMEOUT_SECONDS)
        except exceptions.TransportError as error:
            logger.warning("Google does not answer: %s", error)
            raise errors.unavailable() from error
        if 400 <= reply.status < 500 and reply.status != 429:
            return None
        try:
            members = json.loads(reply.data)
        except ValueError:
            members = None
        if reply.status != 200 or not isinstance(members, dict):
            logger.warning("Google answers with %d", reply.status)
            raise errors.unavailable()
        return members


def _verified_email(members: Mapping[str, Any]) -> str:
    email = members.get("email")
    if not isinstance(email, str) or str(members.get("email_verified")).lower() != "true":
        raise errors.invalid_credentials()
    return email
