"""What a service account signs to get an access token: a JSON Web Token (RFC 7523).

The texts of the refusals are those of Google's token server, as far as they are known.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.auth.book import TokenBook
from emulator.auth.oauth import OAuthError, invalid_grant
from emulator.auth.tokens import ServiceAccount
from emulator.engine.clock import MICROSECONDS

GOOGLE_AUDIENCES = frozenset(
    {
        # google-auth signs for this one, whatever the key file's token_uri says.
        "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v4/token",
        "https://accounts.google.com/o/oauth2/token",
    }
)

_LONGEST_SECONDS = 3600
_SKEW_SECONDS = 60

_BAD_TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim."
)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A JSON Web Token, taken apart and not yet believed.

    Attributes:
        header: Names the key and the kind of signature.
        claims: What is said.
        signed: The bytes that the signature is of.
        signature: The signature.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def issuer(self) -> str:
        """Who is speaking."""
        return str(self.claims["iss"])

    @property
    def scopes(self) -> frozenset[str]:
        """What is asked for."""
        scope = self.claims.get("scope")
        return frozenset(scope.split()) if isinstance(scope, str) else frozenset()

    @property
    def target_audience(self) -> str | None:
        """Whom an ID token is wanted for, if one is."""
        audience = self.claims.get("target_audience")
        return audience if isinstance(audience, str) else None


def parse_assertion(text: str) -> Assertion:
    """Take a JSON Web Token apart.

    Raises:
        OAuthError: invalid_grant; it is none, or does not say who is speaking.
    """
    parts = text.split(".")
    if len(parts) != 3:
        raise invalid_grant("Bad Request: the assertion is no JSON Web Token.")
    try:
        header, claims, signature = (_decoded(part) for part in parts)
        assertion = Assertion(
            header=_object(header),
            claims=_object(claims),
            signed=".".join(parts[:2]).encode(),
            signature=signature,
        )
    except (ValueError, RecursionError) as error:
        raise invalid_grant("Bad Request: the assertion is no JSON Web Token.") from error
    if not isinstance(assertion.claims.get("iss"), str) or not assertion.issuer:
        raise invalid_grant("Invalid JWT: iss must be the e-mail address of the account.")
    return assertion


def check_assertion(assertion: Assertion, book: TokenBook, now: int) -> ServiceAccount:
    """The account that really said this, and meant us, and now.

    Args:
        assertion: What is claimed.
        book: Who is known.
        now: By a clock like the signer's: the real time, in microseconds.

    Raises:
        OAuthError: invalid_grant; or unauthorized_client, for who speaks for another user.
    """
    account = _signer(assertion, book)
    # A single audience may be a list of one (RFC 7519 section 4.1.3).
    audience = assertion.claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not {each for each in audiences if isinstance(each, str)} & {
        *GOOGLE_AUDIENCES,
        *account.audiences,
    }:
        raise invalid_grant(
            f"Invalid JWT: aud is {str(audience)[:200]!a}; this key signs for"
            f" {', '.join((*account.audiences, 'https://oauth2.googleapis.com/token'))}."
        )
    _check_times(assertion.claims, now // MICROSECONDS)
    for delegate in ("sub", "prn"):
        if assertion.claims.get(delegate, account.email) != account.email:
            raise OAuthError(
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method: it speaks for"
                " no other user.",
            )
    return account


def _signer(assertion: Assertion, book: TokenBook) -> ServiceAccount:
    """The account whose key made the signature; without a key id, each of its keys is tried."""
    if assertion.header.get("alg") != "RS256":
        raise invalid_grant("Invalid JWT Signature: alg must be RS256.")
    key_id = assertion.header.get("kid")
    candidates = [
        each
        for each in book.accounts
        if each.email == assertion.issuer and key_id in (None, each.key_id)
    ]
    if not candidates:
        raise invalid_grant("Invalid grant: account not found")
    for account in candidates:
        if book.keys[account.key_id](assertion.signed, assertion.signature):
            return account
    raise invalid_grant("Invalid JWT Signature.")


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    issued_at, expires_at = _seconds(claims, "iat"), _seconds(claims, "exp")
    if not (
        issued_at - _SKEW_SECONDS <= now < expires_at + _SKEW_SECONDS
        and issued_at < expires_at <= issued_at + _LONGEST_SECONDS + _SKEW_SECONDS
    ):
        raise invalid_grant(_BAD_TIMES)


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid_grant(_BAD_TIMES)
    return value


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error


def _object(data: bytes) -> Mapping[str, Any]:
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
