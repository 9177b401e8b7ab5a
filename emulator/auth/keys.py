"""RSA keys and RS256 signatures, by ``cryptography``, which the extra ``[auth]`` brings.

It is imported where it is used: a server that is open, or knows plain tokens only, runs without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from emulator.config import SettingsError

Verify: TypeAlias = Callable[[bytes, bytes], bool]
"""Whether the second argument is this key's signature of the first."""


class MissingLibraryError(SettingsError):
    """What was asked for needs a library that is not installed."""

    def __init__(self, purpose: str, library: str, extra: str) -> None:
        super().__init__(f'{purpose} needs {library}: pip install "taskqueue-sdk[{extra}]"')


class KeyFormatError(ValueError):
    """A text is no public key of the kind we take."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new RSA key, as PEM."""

    private: str
    public: str


@contextmanager
def cryptography_for(purpose: str) -> Iterator[None]:
    """Import ``cryptography`` in this block.

    Raises:
        MissingLibraryError: It is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingLibraryError(purpose, "cryptography", "auth") from error


def new_key_pair() -> KeyPair:
    """Make a key as Google made them for service accounts: RSA of 2048 bits, PKCS #8.

    Raises:
        MissingLibraryError: ``cryptography`` is not installed.
    """
    with cryptography_for("making service account keys"):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return KeyPair(private.decode(), public.decode())


def load_public_key(pem: str) -> Verify:
    """The check of RS256 signatures by the public key *pem*.

    Raises:
        KeyFormatError: It is no RSA public key in PEM.
        MissingLibraryError: ``cryptography`` is not installed.
    """
    with cryptography_for("checking the signatures of service accounts"):
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFormatError("no public key in PEM") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyFormatError("not an RSA key")
    public_key = key

    def verify(signed: bytes, signature: bytes) -> bool:
        try:
            public_key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    return verify
