"""Whom the command trusts: as before, and the authority of this run, in the forms programs read."""

from __future__ import annotations

import re
import ssl
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import certifi

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization import pkcs12

BUNDLE_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL, and so Python and Ruby; Go
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTPLIB2_CA_CERTS",
    "NODE_EXTRA_CA_CERTS",
)
JAVA_PASSWORD = "changeit"  # of every store of Java's own

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_ROUNDS = 1_000  # few: there is nothing to hide


def trusted(environ: Mapping[str, str], authority: bytes) -> list[bytes]:
    """The certificates to trust, each in PEM: *authority*, the system's, and what the user added.

    Args:
        environ: What names files of certificates until now.
        authority: In PEM.
    """
    paths = [environ[name] for name in BUNDLE_VARIABLES if environ.get(name)]
    found = [authority.strip()]
    for path in (*map(Path, paths), *_of_system()):
        found += _PEM.findall(_content(path).replace(b"\r\n", b"\n"))
    return list(dict.fromkeys(found))


def write_bundle(certificates: Iterable[bytes], path: Path) -> None:
    """Write *certificates* one after the other."""
    path.write_bytes(b"\n".join([*certificates, b""]))


def write_java_store(certificates: Iterable[bytes], path: Path) -> None:
    """Write *certificates* in PKCS #12, as Java wants those that it is to trust."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

    # With ciphers that Java 8 of any age can read.
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(JAVA_PASSWORD.encode())
    )
    path.write_bytes(pkcs12.serialize_java_truststore(list(_named(certificates)), encryption))


def _named(certificates: Iterable[bytes]) -> Iterator[pkcs12.PKCS12Certificate]:
    """Those that can be read, each with a name of its own: of two of a name Java knows one."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import pkcs12

    with warnings.catch_warnings():
        # Some old roots break rules of today, which is none of the user's business here.
        warnings.simplefilter("ignore")
        for number, pem in enumerate(certificates):
            try:
                certificate = x509.load_pem_x509_certificate(pem)
            except ValueError:
                continue
            yield pkcs12.PKCS12Certificate(certificate, b"%d" % number)


def _of_system() -> Iterator[Path]:
    """Where this machine and this Python have the certificates that they trust."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        yield Path(paths.cafile)
    elif paths.capath:
        yield Path(paths.capath)
    yield Path(certifi.where())


def _content(path: Path) -> bytes:
    """What is in the file, or in all files of the folder; nothing, if there is none."""
    if path.is_dir():
        return b"\n".join(each.read_bytes() for each in sorted(path.iterdir()) if each.is_file())
    return path.read_bytes() if path.is_file() else b""
