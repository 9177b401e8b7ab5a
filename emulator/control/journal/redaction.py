"""What is shown of a request never holds a secret.

Tokens travel in the Authorization header, which is not shown but stands in the parts of a batch,
and as parameters. Requests that missed the token endpoint have others, in forms and in JSON.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

_HIDDEN = "***"

_SECRETS = frozenset(
    {
        "access_token",
        "assertion",
        "client_secret",
        "id_token",
        "key",
        "oauth_token",
        "password",
        "refresh_token",
        "token",
    }
)

# Each begins where a name can begin, so that long texts are looked through once.
_PAIR = re.compile(r"(?<![^\s?&\"])([^\s?&\"=]{1,200}+)=([^\s&\"]*)")
_MEMBER = re.compile(r'"(\w{1,50}+)"(\s*:\s*)"(?:[^"\\]|\\.)*+"')
_HEADER = re.compile(r"^([ \t]*authorization[ \t]*:)[^\r\n]*", re.IGNORECASE | re.MULTILINE)


def redacted(text: str) -> str:
    """*text* without the values of secrets, and without what is no Unicode."""
    clean = text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
    clean = _HEADER.sub(rf"\1 {_HIDDEN}", clean)
    return _MEMBER.sub(_member, _PAIR.sub(_pair, clean))


def _pair(found: re.Match[str]) -> str:
    secret = unquote_plus(found[1]).lower() in _SECRETS
    return f"{found[1]}={_HIDDEN}" if secret else found[0]


def _member(found: re.Match[str]) -> str:
    return f'"{found[1]}"{found[2]}"{_HIDDEN}"' if found[1].lower() in _SECRETS else found[0]
