"""The tokens file, as it is written down: who may call, known by digests and public keys.

It holds no secret, so losing it gives nothing away; but who can write it can let anyone in.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from emulator.auth.digests import digest, new_secret
from emulator.config import SettingsError
from emulator.files import rewritten

Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Email: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+$")]
Sha256: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Scopes: TypeAlias = tuple[Annotated[str, msgspec.Meta(pattern=r"^\S+$")], ...] | None
ProjectId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9.:-]{1,100}$")]


# Structs rather than dataclasses: they refuse unknown members. An "expire" that is not read would
# be a token that never expires.
class Token(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A bearer token.

    Attributes:
        name: What people call it.
        sha256: Of the token, in hex.
        email: Whom access lists know its holder by.
        scopes: What it is good for; None is everything.
        expires: None is never.
    """

    name: Name
    sha256: Sha256
    email: Email
    scopes: Scopes = None
    expires: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ServiceAccount(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A key with which a program signs its requests for access tokens.

    Attributes:
        key_id: Which of the account's keys; it is in the header of what the key signs.
        email: The account.
        public_key: PEM.
        scopes: What the account may ask for; None is anything.
        audiences: Whom it may sign for, beside Google's own token addresses.
        project: What the metadata server says the project is.
        metadata: Whether the metadata server hands out this account's tokens, to any program that
            can reach it.
    """

    key_id: Name
    email: Email
    public_key: str
    scopes: Scopes = None
    audiences: tuple[str, ...] = ()
    project: ProjectId | None = None
    metadata: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        return self.key_id


class Client(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An OAuth2 client, and the one user who let it act for them.

    Attributes:
        client_id: Not secret.
        secret_sha256: Of the client's secret.
        refresh_token_sha256: Of the refresh token; None has the client use its secret alone.
        email: The user.
        scopes: What it may ask for; None is anything.
    """

    client_id: Name
    secret_sha256: Sha256
    refresh_token_sha256: Sha256 | None = None
    email: Email
    scopes: Scopes = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.client_id


class Document(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """All of a tokens file."""

    version: Literal[1]
    tokens: tuple[Token, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    clients: tuple[Client, ...] = ()

    @property
    def entries(self) -> tuple[Token | ServiceAccount | Client, ...]:
        """All entries, whatever their kind."""
        return (*self.tokens, *self.service_accounts, *self.clients)


_EMPTY = Document(version=1)


class TokensFileError(SettingsError):
    """A tokens file that cannot be used; its text is one line for people.

    Attributes:
        path: As it was given.
        line: Where, if the file is no JSON.
        problem: What is wrong, and in which entry.
    """

    def __init__(self, path: Path, problem: str, *, line: int | None = None) -> None:
        place = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


def read_tokens(path: Path) -> Document:
    """What the file says.

    Raises:
        TokensFileError: It cannot be read, or is wrong.
    """
    try:
        members = json.loads(path.read_bytes())
    except OSError as error:
        raise TokensFileError(
            path, f"cannot be read: {error.strerror}; `tq-emulator tokens add` makes one"
        ) from error
    except json.JSONDecodeError as error:
        raise TokensFileError(path, f"not JSON: {error.msg}", line=error.lineno) from error
    except UnicodeDecodeError as error:
        raise TokensFileError(path, "not UTF-8") from error
    return _check(path, members)


def change_tokens(path: Path, change: Callable[[Document], Document]) -> None:
    """Replace the file by what *change* makes of it, in one step; a missing file is an empty one.

    Readers see the old file or the new one. Changes made at the same time happen one after another.

    Raises:
        TokensFileError: The file is wrong, as it is or as it would become, or cannot be written.
    """
    # The file, not a link to it, is replaced.
    target = path.resolve()
    try:
        with _locked(target.parent):
            document = change(read_tokens(target) if target.exists() else _EMPTY)
            _check(path, msgspec.to_builtins(document))
            with rewritten(target) as file:
                file.write(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    except OSError as error:
        raise TokensFileError(path, f"cannot be written: {error.strerror}") from error


def add_token(
    path: Path, *, email: str, name: str, scopes: tuple[str, ...], days: float | None
) -> str:
    """Make a token and let the file know its digest.

    Args:
        path: The file; made if it is missing.
        email: Whom access lists know its holder by.
        name: No other entry may have it.
        scopes: What it is good for; empty is everything.
        days: How long; None is forever.

    Returns:
        The token, which is kept nowhere.

    Raises:
        TokensFileError: The file cannot be used, or cannot have such an entry.
    """
    secret = new_secret("tq_")
    token = Token(
        name=name,
        sha256=digest(secret),
        email=email,
        scopes=scopes or None,
        expires=None if days is None else _in_days(days),
    )
    change_tokens(path, lambda each: msgspec.structs.replace(each, tokens=(*each.tokens, token)))
    return secret


def remove_entry(path: Path, name: str) -> None:
    """Remove the entry called *name*, whatever its kind.

    Raises:
        TokensFileError: There is none, or the file cannot be used.
    """

    def without(document: Document) -> Document:
        if name not in {entry.name for entry in document.entries}:
            raise TokensFileError(path, f"no entry is called {name!r}; `list` shows the names")
        return msgspec.structs.replace(
            document,
            tokens=tuple(each for each in document.tokens if each.name != name),
            service_accounts=tuple(each for each in document.service_accounts if each.name != name),
            clients=tuple(each for each in document.clients if each.name != name),
        )

    change_tokens(path, without)


def describe(entry: Token | ServiceAccount | Client) -> str:
    """An entry as a line for people."""
    kind = {Token: "token", ServiceAccount: "service account key", Client: "client"}[type(entry)]
    words = [entry.name, kind, entry.email, " ".join(entry.scopes or ["all scopes"])]
    if isinstance(entry, Token) and entry.expires is not None:
        words.append(f"until {entry.expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    if isinstance(entry, ServiceAccount) and entry.metadata:
        words.append("metadata server")
    return "  ".join(words)


def _in_days(days: float) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def _check(path: Path, members: Any) -> Document:
    try:
        document = msgspec.convert(members, Document)
    except msgspec.ValidationError as error:
        raise TokensFileError(path, _explained(str(error), members)) from error
    _check_names(path, document)
    return document


def _explained(problem: str, members: Any) -> str:
    """msgspec's words with the entry that they are about, for people: ``$.tokens[2].email``."""
    said, _, place = problem.partition(" - at `$")
    place = place.rstrip("`").removeprefix(".")
    if place == "version":
        return "version: use 1, the only one there is"
    entry = re.match(r"(\w+)\[(\d+)\]", place)
    if entry:
        values = members[entry[1]][int(entry[2])]
        for key in ("name", "key_id", "client_id"):
            if isinstance(values, dict) and isinstance(values.get(key), str):
                place += f" (of {values[key]!r})"
                break
    return f"{place}: {said}" if place else said


def _check_names(path: Path, document: Document) -> None:
    seen: set[str] = set()
    for entry in document.entries:
        if entry.name in seen:
            raise TokensFileError(path, f"two entries are called {entry.name!r}; rename one")
        seen.add(entry.name)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep others who change files in *folder* out; the lock goes with the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
