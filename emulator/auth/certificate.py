"""A certificate for ``--tls-self-signed``: by nobody but us, for clients that are told to trust it.

It is kept, and used again while it is good, so that clients need be told once.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from emulator.auth.keys import cryptography_for
from emulator.auth.signing import issue_server
from emulator.config import SettingsError

_LIFE = timedelta(days=365)
_LIFE_LEFT = timedelta(days=7)
_ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a certificate and its key are, both PEM."""

    certificate: Path
    key: Path


def self_signed(base: Path, names: Sequence[str]) -> Certificate:
    """The certificate at *base* with ``.crt`` and ``.key`` added, made if it cannot be used.

    Args:
        base: A path without suffix.
        names: Names and addresses it is for, beside those of this machine.

    Raises:
        SettingsError: The files cannot be written; MissingLibraryError: ``cryptography`` is not
            installed.
    """
    files = Certificate(
        base.with_name(f"{base.name}.crt").absolute(), base.with_name(f"{base.name}.key").absolute()
    )
    wanted = [*dict.fromkeys((*_ALWAYS, *(name for name in names if not _is_any_address(name))))]
    with cryptography_for("--tls-self-signed"):
        from cryptography import x509  # noqa: F401 - to know before anything is touched
    if not _is_good(files, wanted):
        try:
            _make(files, wanted)
        except OSError as error:
            raise SettingsError(f"{error.filename}: cannot be written: {error.strerror}") from error
    return files


def check_pair(files: Certificate) -> None:
    """Refuse a certificate and key that no server could use.

    Raises:
        SettingsError: One cannot be read, they do not belong together, or the key has a password.
    """
    try:
        for path in (files.certificate, files.key):
            path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{error.filename}: cannot be read: {error.strerror}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A password would be asked for on the terminal, where nobody may be.
        context.load_cert_chain(files.certificate, files.key, password="")
    except (ssl.SSLError, ValueError) as error:
        raise SettingsError(
            f"{files.certificate} and {files.key}: no certificate in PEM with its key, without a"
            f" password ({error})"
        ) from error


def _is_any_address(name: str) -> bool:
    try:
        return ip_address(name).is_unspecified
    except ValueError:
        return False


def _is_good(files: Certificate, wanted: Sequence[str]) -> bool:
    """Whether what is there is ours to use again: for all the names, and for some days more."""
    from cryptography import x509

    try:
        check_pair(files)
        found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (SettingsError, OSError, ValueError, x509.ExtensionNotFound):
        return False
    covered = {str(each.value) for each in names}
    return covered >= set(wanted) and found.not_valid_after_utc > datetime.now(UTC) + _LIFE_LEFT


def _make(files: Certificate, names: Sequence[str]) -> None:
    made = issue_server(names, life=_LIFE)
    _write(files.key, made.key_pem, 0o600)
    _write(files.certificate, made.certificate_pem, 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    # Not over an old file, whose mode may be another.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
