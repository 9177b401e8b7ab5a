"""What a user can choose, and how it is spelled: addresses of stores, queue files, names of limits.

Nothing here reads the environment or the command line; ``cli`` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from discovery.queue_files import QueueDefinition, read_queue_file
from emulator.engine import limits
from emulator.engine.limits import Limits
from emulator.engine.model import QueueSettings
from emulator.engine.queues import QueueBook
from emulator.storage.sqlite_file import Durability

LimitsName: TypeAlias = Literal["standard", "strict", "relaxed"]
AuthMode: TypeAlias = Literal["open", "tokens", "google"]

AUTH_MODES: tuple[AuthMode, ...] = get_args(AuthMode)

DEFAULT_STORE = "sqlite:///taskqueue.db"

_SQLITE = "sqlite://"
_NAME = r"[a-z0-9._-]+"
_HOST = re.compile(_NAME)
_ORIGIN = re.compile(rf"\*|[a-z][a-z0-9+.-]*://({_NAME}|\[[0-9a-f:.]+\])(:[0-9]+)?")


class SettingsError(ValueError):
    """A setting has a value that it cannot have; the message is one line and says what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that decides how a service behaves, as users spell it.

    Attributes:
        store: ``sqlite:///path`` (four slashes for an absolute path), or ``sqlite://`` for memory.
        durability: ``full``, ``normal`` or ``off``; see ``storage.sqlite.open_sqlite``.
        queues: Google's queue.yaml or queue.xml; None is no file.
        auto_create: Whether queues that are not configured spring into being; None: without a file.
        limits: ``standard``, ``strict`` or ``relaxed``.
        partition: The letter that full queue names show before the project.
        tombstone_days: How long a deleted name stays taken; 0 frees it at once.
        auth: Who may call: anybody (``open``), who is in *tokens*, or whom Google knows.
        tokens: The tokens file, see ``auth.tokens``; for ``auth="tokens"``.
        google_audiences: Whom ID tokens must be for; for ``auth="google"``.
        allowed_hosts: Names that an open server answers to, beside those of this machine; with a
            leading dot, a domain and all that is in it.
        cors: Origins whose web pages may call, such as ``https://app.example.com``; ``*`` is all.
        insecure: Whether an open server answers to any name, on any address.
        jsonp: Whether ``callback`` makes an answer a script.
        control: Whether to serve the control API, under ``/_emulator/v1/``.
        control_token: What its callers must bring, wherever they are; None lets in this machine.
        reset_clock: Whether a store that has a time of its own returns to the machine's.
        journal: How many requests the journal keeps, from 0 to 1,000,000; None is 1,000. Without
            the control API nobody could read it, and there is none.
    """

    store: str = _SQLITE
    durability: Durability = "full"
    queues: Path | None = None
    auto_create: bool | None = None
    limits: LimitsName = "standard"
    partition: str = "s"
    tombstone_days: float = 7
    auth: AuthMode = "open"
    tokens: Path | None = None
    google_audiences: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    insecure: bool = False
    jsonp: bool = False
    control: bool = False
    control_token: str | None = None
    reset_clock: bool = False
    journal: int | None = None

    def __post_init__(self) -> None:
        """Check what does not need a file.

        Raises:
            SettingsError: A value is not one of those above.
        """
        if self.limits not in limits.BY_NAME:
            raise SettingsError(f"limits {self.limits!r}: use {', '.join(limits.BY_NAME)}")
        if not (len(self.partition) == 1 and self.partition in "abcdefghijklmnopqrstuvwxyz"):
            raise SettingsError(f"partition {self.partition!r}: use one letter from a to z")
        if not 0 <= self.tombstone_days <= 36_500:
            raise SettingsError(f"tombstone days {self.tombstone_days}: use 0 to 36500")
        self._check_access()

    def _check_access(self) -> None:
        if self.auth not in AUTH_MODES:
            raise SettingsError(f"auth {self.auth!r}: use {', '.join(AUTH_MODES)}")
        if self.auth == "tokens" and self.tokens is None:
            raise SettingsError("auth tokens needs the file: --tokens FILE")
        # Or the server would be open to all, for somebody who thinks it is not.
        if self.auth != "tokens" and self.tokens is not None:
            raise SettingsError(f"a tokens file has no effect with auth {self.auth}: --auth tokens")
        if self.control_token is not None and not self.control:
            raise SettingsError("a control token has no effect without --control")
        if self.control_token == "":
            raise SettingsError("the control token is empty: give one, or none for this machine")
        if self.journal is not None and not self.control:
            raise SettingsError("the journal is read through the control API: --control")
        if not 0 <= self.journal_size <= 1_000_000:
            raise SettingsError(f"journal {self.journal}: use 0 to 1000000")
        if self.auth != "google" and self.google_audiences:
            raise SettingsError("google audiences have no effect without --auth google")
        for host in self.allowed_hosts:
            if not _HOST.fullmatch(host) and not _is_address(host):
                raise SettingsError(
                    f"allowed host {host!r}: use a name or an address in lower case, without port;"
                    " .example.com is all of a domain"
                )
        for origin in self.cors:
            if not _ORIGIN.fullmatch(origin):
                raise SettingsError(
                    f"cors origin {origin!r}: use scheme://host or scheme://host:port, in lower"
                    " case and without a path, or *"
                )

    @property
    def engine_limits(self) -> Limits:
        """The limits that the name stands for."""
        return limits.BY_NAME[self.limits]

    @property
    def journal_size(self) -> int:
        """How many requests the journal keeps."""
        return 1_000 if self.journal is None else self.journal

    @property
    def tombstone_seconds(self) -> int:
        """How long a deleted name stays taken."""
        return round(self.tombstone_days * 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """How a server speaks HTTPS.

    Attributes:
        certificate: PEM, the server's own first, then those between it and the root.
        key: PEM, without a password.
        self_signed: Make both, for this machine.
    """

    certificate: Path | None = None
    key: Path | None = None
    self_signed: bool = False

    def __post_init__(self) -> None:
        """Check that there is a certificate and a key, given or made.

        Raises:
            SettingsError: One is missing, or both ways are asked for.
        """
        if (self.certificate is None) != (self.key is None):
            raise SettingsError("TLS needs both: --tls-cert FILE and --tls-key FILE")
        if self.self_signed and self.certificate is not None:
            raise SettingsError("use --tls-self-signed, or --tls-cert with --tls-key, not both")
        if not self.self_signed and self.certificate is None:
            raise SettingsError("TLS needs --tls-self-signed, or --tls-cert with --tls-key")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def sqlite_path(store: str) -> Path | None:
    """The file that a store's address names; None is memory.

    Raises:
        SettingsError: It is no SQLite address.
    """
    rest = store.removeprefix(_SQLITE)
    # SQLite's own word for memory would be a file's name here, and an empty file.
    if rest == store or (rest and not rest.startswith("/")) or rest in ("/", "/:memory:"):
        raise SettingsError(
            f"store {store!r}: use sqlite:///FILE, sqlite:////absolute/FILE, or sqlite:// for"
            " memory"
        )
    return Path(rest[1:]) if rest else None


def read_queues(file: Path | None, *, auto_create: bool | None) -> tuple[QueueBook, list[str]]:
    """The queues of a file, and what in it has no effect here.

    Args:
        file: Google's queue.yaml or queue.xml; None is no file.
        auto_create: None is on without a file and off with one (RULINGS 8).

    Raises:
        QueueFileError: The file cannot be read, or is wrong; the message names the line.
    """
    if file is None:
        return QueueBook(auto_create=auto_create is not False), []
    read = read_queue_file(file)
    configured = {each.name: _settings(each) for each in read.queues}
    return QueueBook(configured, auto_create=auto_create is True), list(read.warnings)


def _settings(queue: QueueDefinition) -> QueueSettings:
    return QueueSettings(
        pull=queue.mode == "pull",
        retry_limit=queue.task_retry_limit or None,
        consumers=queue.user_emails,
        producers=queue.writer_emails,
        has_acl=queue.has_acl,
    )
