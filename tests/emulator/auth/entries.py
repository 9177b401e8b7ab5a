"""What the tests of this folder are made of: tokens files, keys, and what keys sign."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.auth import crypt, jwt

from emulator.auth.digests import digest
from emulator.auth.keys import KeyPair, new_key_pair
from emulator.engine.clock import MICROSECONDS, Clock
from emulator.rest.messages import Request

TASKQUEUE = "https://www.googleapis.com/auth/taskqueue"
CONSUMER = "https://www.googleapis.com/auth/taskqueue.consumer"
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

ROBOT = "robot@example.com"


@functools.cache
def a_key(number: int = 0) -> KeyPair:
    """A key pair; the same number gives the same one."""
    return new_key_pair()


def a_token(secret: str = "sesame", *, name: str = "door", **members: Any) -> dict[str, Any]:
    """A token's entry."""
    return {"name": name, "sha256": digest(secret), "email": "ada@example.com", **members}


def an_account(**members: Any) -> dict[str, Any]:
    """A service account's entry."""
    return {"key_id": "key0", "email": ROBOT, "public_key": a_key().public, **members}


def a_client(*, refresh_token: str | None = "again", **members: Any) -> dict[str, Any]:
    """A client's entry; its secret is ``quiet``."""
    entry = {
        "client_id": "client0",
        "secret_sha256": digest("quiet"),
        "email": "ada@example.com",
        **members,
    }
    if refresh_token is not None:
        entry["refresh_token_sha256"] = digest(refresh_token)
    return entry


def write(path: Path, **lists: list[dict[str, Any]]) -> Path:
    """Write a tokens file with these entries."""
    path.write_text(json.dumps({"version": 1, **lists}))
    return path


def signed(
    clock: Clock, *, key: KeyPair | None = None, key_id: str | None = "key0", **claims: Any
) -> str:
    """What a service account sends, right in every point that *claims* does not change."""
    now = clock.now() // MICROSECONDS
    members = {
        "iss": ROBOT,
        "aud": GOOGLE_AUDIENCE,
        "iat": now,
        "exp": now + 3600,
        "scope": TASKQUEUE,
        **claims,
    }
    signer = crypt.RSASigner.from_string((key or a_key()).private, key_id)
    present = {name: value for name, value in members.items() if value is not None}
    return str(jwt.encode(signer, present).decode())


def a_request(
    verb: str, path: str, *, query: str = "", body: bytes = b"", **headers: str
) -> Request:
    """A request as a front hands it on; ``content_type`` is the header ``content-type``."""
    named: Mapping[str, str] = {
        name.replace("_", "-"): value for name, value in {"host": "localhost", **headers}.items()
    }
    return Request(verb=verb, path=path, query=query, headers=named, body=body)
