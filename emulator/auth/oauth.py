"""How OAuth2 says yes and no: JSON, as RFC 6749 section 5 has it, not in Google's API envelope."""

from __future__ import annotations

from typing import Any

import msgspec

from emulator.rest.messages import Headers, Response

# That no cache may keep a token is said by the envelope, as of every POST.
_HEADERS: Headers = (("content-type", "application/json; charset=UTF-8"),)


class OAuthError(Exception):
    """A grant that is refused.

    Attributes:
        error: One of the words of RFC 6749 section 5.2.
        description: For people.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


def invalid_request(description: str) -> OAuthError:
    """A parameter is missing, repeated or malformed."""
    return OAuthError("invalid_request", description)


def invalid_grant(description: str) -> OAuthError:
    """The assertion or the refresh token is worth nothing."""
    return OAuthError("invalid_grant", description)


def invalid_client() -> OAuthError:
    """The client is unknown, or its secret is wrong; which of them is not said."""
    return OAuthError("invalid_client", "The OAuth client was not found.")


def invalid_scope() -> OAuthError:
    """Nothing that was asked for may be had."""
    return OAuthError("invalid_scope", "None of the scopes asked for is allowed here.")


def token_response(members: dict[str, Any]) -> Response:
    """A token."""
    return Response(200, _HEADERS, msgspec.json.encode(members))


def error_response(error: OAuthError) -> Response:
    """A refusal: 400, or 401 with a challenge where the client is the trouble."""
    body = msgspec.json.encode({"error": error.error, "error_description": error.description})
    if error.error == "invalid_client":
        return Response(401, (*_HEADERS, ("www-authenticate", 'Basic realm="token"')), body)
    return Response(400, _HEADERS, body)
