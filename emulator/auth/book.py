"""The tokens file in use, read again when it has changed."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from emulator.auth.digests import DigestIndex
from emulator.auth.issued import IssuedTokens
from emulator.auth.keys import KeyFormatError, Verify, load_public_key
from emulator.auth.tokens import Client, ServiceAccount, Token, TokensFileError, read_tokens
from emulator.config import SettingsError
from emulator.engine.clock import MICROSECONDS, Clock
from emulator.rest import errors
from emulator.rest.access import Caller

logger = logging.getLogger(__name__)

_RECENT_SECONDS = 0.01

_Version: TypeAlias = tuple[int, int, int] | None


class _Holder(NamedTuple):
    """Who holds a token, until when (microseconds; None is for ever)."""

    caller: Caller
    until: float | None


def _holder(token: Token) -> _Holder:
    scopes = None if token.scopes is None else frozenset(token.scopes)
    until = None if token.expires is None else token.expires.timestamp() * MICROSECONDS
    return _Holder(Caller(token.email, scopes), until)


class TokenBook:
    """One version of a tokens file, ready to be asked."""

    def __init__(self, path: Path) -> None:
        """Read *path*.

        Raises:
            TokensFileError: It cannot be read, or is wrong.
            MissingLibraryError: It has service accounts, and ``cryptography`` is not installed.
        """
        document = read_tokens(path)
        self.names = frozenset(entry.name for entry in document.entries)
        self.tokens: DigestIndex[_Holder] = DigestIndex()
        for token in document.tokens:
            self.tokens.add(token.sha256, _holder(token))
        self.refresh_tokens: DigestIndex[Client] = DigestIndex()
        for client in document.clients:
            if client.refresh_token_sha256 is not None:
                self.refresh_tokens.add(client.refresh_token_sha256, client)
        self.clients = {client.client_id: client for client in document.clients}
        self.accounts = document.service_accounts
        self.keys = {each.key_id: _key(path, each) for each in document.service_accounts}
        given_out = [each for each in document.service_accounts if each.metadata]
        if len(given_out) > 1:
            raise TokensFileError(path, "two service_accounts have metadata set; only one can")
        self.metadata_account: ServiceAccount | None = given_out[0] if given_out else None


class TokensFile:
    """A tokens file that people edit while the server runs."""

    def __init__(self, path: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Read *path*.

        Args:
            path: The file.
            monotonic: Seconds that only go on, by which ``recent_book`` is recent.

        Raises:
            TokensFileError: It cannot be read, or is wrong.
            MissingLibraryError: It has service accounts, and ``cryptography`` is not installed.
        """
        self._path = path
        self._monotonic = monotonic
        self._recent_until = 0.0
        self._seen = self._version()
        self._book = TokenBook(path)
        self._lock = threading.Lock()

    def book(self) -> TokenBook:
        """What the file says now, or, if it cannot be used as it is now, what it said last."""
        if self._version() != self._seen:
            with self._lock:
                self._reload()
        return self._book

    def recent_book(self) -> TokenBook:
        """What the file said a hundredth of a second ago, or since.

        To ask the system for each request costs an insert a tenth of its time.
        """
        now = self._monotonic()
        if now >= self._recent_until:
            self._recent_until = now + _RECENT_SECONDS
            return self.book()
        return self._book

    def _reload(self) -> None:
        version = self._version()
        if version == self._seen:
            return
        # Noted before reading: a change while it is read is read again. A version that cannot be
        # used is noted too, so that it is complained of once.
        self._seen = version
        try:
            self._book = TokenBook(self._path)
        except SettingsError as error:
            logger.error("%s; going on with what the file said before", error)
        else:
            logger.info("%s has changed and was read again", self._path)

    def _version(self) -> _Version:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


class TokensAuthenticator:
    """``--auth tokens``: a token is worth what the file says, or what it was issued for."""

    waits = False

    def __init__(self, file: TokensFile, issued: IssuedTokens, clock: Clock) -> None:
        self._file = file
        self._issued = issued
        self._clock = clock

    def caller(self, token: str | None) -> Caller:
        """Who holds *token*.

        Raises:
            WireError: 401; there is no token, or it is unknown or has expired.
        """
        if not token:
            raise errors.login_required()
        caller = self._known(token, self._file.recent_book())
        if caller is None:
            caller = self._known(token, self._file.book())  # it may have been added just now
        if caller is None:
            raise errors.invalid_credentials()
        return caller

    def _known(self, token: str, book: TokenBook) -> Caller | None:
        holder = book.tokens.find(token)
        if holder is not None and not self._has_expired(holder):
            return holder.caller
        grant = self._issued.find(token)
        if grant is not None and grant.source in book.names:
            return Caller(grant.email, grant.scopes)
        return None

    def _has_expired(self, holder: _Holder) -> bool:
        return holder.until is not None and self._clock.now() >= holder.until


def _key(path: Path, account: ServiceAccount) -> Verify:
    try:
        return load_public_key(account.public_key)
    except KeyFormatError as error:
        raise TokensFileError(
            path,
            f"service_accounts: the public_key of {account.key_id!r} is {error}; use the text"
            " between -----BEGIN PUBLIC KEY----- and -----END PUBLIC KEY-----, with these lines",
        ) from error
