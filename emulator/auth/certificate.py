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
from typing import TYPE_CHECKING

from emulator.auth.keys import cryptography_for
from emulator.config import SettingsError

if TYPE_CHECKING:
    from cryptography import x509

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
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tq-emulator")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(files.key, private, 0o600)
    _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes, mode: int) -> None:
    # Not over an old file, whose mode may be another.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
