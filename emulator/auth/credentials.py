"""Credential files for programs that know how to ask Google for tokens: these ask us.

One key and one refresh token, in the forms that different libraries read. ``google.auth.default()``
takes the first and the third; of a file of the second type it ignores the token_uri and would ask
Google, but other libraries (gcloud-aio) honour it. The fourth is what ``oauth2client.file.Storage``
kept after a login.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from emulator.auth.digests import digest, new_secret
from emulator.auth.keys import KeyPair, new_key_pair
from emulator.auth.tokens import Client, Document, ServiceAccount, change_tokens
from emulator.config import SettingsError

SERVICE_ACCOUNT = "service-account.json"
AUTHORIZED_USER = "authorized-user.json"
EXTERNAL_USER = "external-account-authorized-user.json"
OAUTH2CLIENT = "oauth2client.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the files are for.

    Attributes:
        email: Whom access lists know the program by.
        project: What the key file says the project is.
        scopes: What it may ask for; empty is anything.
        metadata: Whether the metadata server hands out its tokens too.
    """

    email: str
    project: str
    scopes: tuple[str, ...] = ()
    metadata: bool = False


@dataclass(frozen=True, slots=True)
class _Secrets:
    key: KeyPair
    key_id: str
    client_id: str
    client_secret: str
    refresh_token: str


def write_credentials(identity: Identity, url: str, out: Path, tokens: Path | None) -> list[Path]:
    """Make a key and a refresh token for *identity*, and have the server know them.

    Args:
        identity: Whom they are for.
        url: Where programs reach the server, such as ``http://127.0.0.1:8088``.
        out: The folder for the files; made if it is missing.
        tokens: The server's tokens file; None for a server that is open.

    Returns:
        The files.

    Raises:
        SettingsError: The address is none, a file is there already, or a file cannot be written;
            MissingLibraryError: ``cryptography`` is not installed.
    """
    token_uri = f"{origin(url)}/token"
    made = _Secrets(
        key=new_key_pair(),
        key_id=secrets.token_hex(20),
        client_id=f"{secrets.token_hex(8)}.apps.taskqueue.invalid",
        client_secret=new_secret("tqc_"),
        refresh_token=new_secret("tqr_"),
    )
    contents = {
        out / SERVICE_ACCOUNT: _service_account(identity, made, token_uri),
        out / AUTHORIZED_USER: _authorized_user(made, token_uri),
        out / EXTERNAL_USER: _external_user(made, token_uri),
        out / OAUTH2CLIENT: _oauth2client(identity, made, token_uri),
    }
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_to_overwrite(contents)
        if tokens is not None:
            change_tokens(tokens, lambda document: _registered(document, identity, made, token_uri))
        _write(contents)
    except OSError as error:
        raise SettingsError(f"{error.filename}: cannot be written: {error.strerror}") from error
    return list(contents)


def environment(files: Sequence[Path], url: str, *, metadata: bool) -> list[str]:
    """What to set so that programs use the files, as lines for a shell.

    Args:
        files: As ``write_credentials`` returned them.
        url: Where programs reach the server.
        metadata: Whether the metadata server is there for them too.
    """
    account, user, external, storage = (shlex.quote(str(path.absolute())) for path in files)
    lines = [
        f"export GOOGLE_APPLICATION_CREDENTIALS={account}",
        f"# or, for a user's token in place of a service account's: {external}",
        f"# for gcloud-aio: {user}",
        f"# for oauth2client.file.Storage: {storage}",
    ]
    parts = urlsplit(url)
    # Google's libraries know the metadata server by plain HTTP only.
    if metadata and parts.scheme == "http":
        lines.append("# or, in place of a file, the metadata server:")
        lines += [
            f"# export {name}={parts.netloc}"
            # The second is what google-auth and oauth2client look at to find out whether there is
            # one, the third what programs before 2017 know.
            for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT")
        ]
    return lines


def _registered(document: Document, identity: Identity, made: _Secrets, token_uri: str) -> Document:
    scopes = identity.scopes or None
    account = ServiceAccount(
        key_id=made.key_id,
        email=identity.email,
        public_key=made.key.public,
        scopes=scopes,
        audiences=(token_uri,),
        project=identity.project,
        metadata=identity.metadata,
    )
    client = Client(
        client_id=made.client_id,
        secret_sha256=digest(made.client_secret),
        refresh_token_sha256=digest(made.refresh_token),
        email=identity.email,
        scopes=scopes,
    )
    others = document.service_accounts
    if identity.metadata:
        # A machine has one default account, and this is it from now on.
        others = tuple(msgspec.structs.replace(each, metadata=False) for each in others)
    return msgspec.structs.replace(
        document,
        service_accounts=(*others, account),
        clients=(*document.clients, client),
    )


def _service_account(identity: Identity, made: _Secrets, token_uri: str) -> Mapping[str, Any]:
    return {
        "type": "service_account",
        "project_id": identity.project,
        "private_key_id": made.key_id,
        "private_key": made.key.private,
        "client_email": identity.email,
        "client_id": made.client_id,
        "token_uri": token_uri,
    }


def _authorized_user(made: _Secrets, token_uri: str) -> Mapping[str, Any]:
    return {
        "type": "authorized_user",
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "refresh_token": made.refresh_token,
        "token_uri": token_uri,
    }


def _external_user(made: _Secrets, token_uri: str) -> Mapping[str, Any]:
    return {
        "type": "external_account_authorized_user",
        # google-auth looks for a pool in it, and takes its absence badly.
        "audience": "//iam.googleapis.com/locations/global/workforcePools/none/providers/none",
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "refresh_token": made.refresh_token,
        "token_url": token_uri,
        "token_info_url": f"{token_uri}info",
    }


def _oauth2client(identity: Identity, made: _Secrets, token_uri: str) -> Mapping[str, Any]:
    return {
        "_module": "oauth2client.client",
        "_class": "OAuth2Credentials",
        "access_token": None,
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "refresh_token": made.refresh_token,
        "token_expiry": "2000-01-01T00:00:00Z",
        "token_uri": token_uri,
        "user_agent": None,
        "revoke_uri": None,
        "id_token": None,
        "token_response": None,
        "scopes": list(identity.scopes),
        "token_info_uri": None,
        "invalid": False,
    }


def _refuse_to_overwrite(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists():
            raise SettingsError(f"{path} is there already: remove it, or give another --out")


def _write(contents: Mapping[Path, Mapping[str, Any]]) -> None:
    for path, members in contents.items():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(members, file, indent=2)
            file.write("\n")


def origin(url: str) -> str:
    """*url*, checked to be the address of a server, without a slash at its end.

    Raises:
        SettingsError: It is none.
    """
    refused = SettingsError(f"url {url!r}: use http://HOST:PORT or https://HOST:PORT")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it raises for what is no number
    except ValueError:
        raise refused from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refused
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise refused
    return f"{parts.scheme}://{parts.netloc}"
