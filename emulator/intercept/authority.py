"""An authority for one run. Its key is in memory and nowhere else, and goes with the process."""

from __future__ import annotations

import ssl
import tempfile
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from emulator.auth.keys import cryptography_for
from emulator.auth.signing import issue_authority, issue_server

_LIFE = timedelta(days=30)
_MOST_HOSTS = 1_024


class Authority:
    """Speaks for any host, to who trusts it.

    Attributes:
        certificate: What to trust, in PEM.
    """

    def __init__(self, folder: Path) -> None:
        """Make a new authority.

        Args:
            folder: For files of an instant, since ``ssl`` reads keys from nowhere else.

        Raises:
            MissingLibraryError: ``cryptography`` is not installed.
        """
        with cryptography_for("exec --intercept"):
            self._issued = issue_authority("tq-emulator exec --intercept", life=_LIFE)
        self.certificate = self._issued.certificate_pem
        self.context_for = lru_cache(_MOST_HOSTS)(self._context_for)
        self._folder = folder

    def _context_for(self, host: str) -> ssl.SSLContext:
        """How to speak TLS as *host*, or as the host that the client names instead."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        made = issue_server([host], life=_LIFE, by=self._issued)
        with tempfile.NamedTemporaryFile(dir=self._folder) as file:
            file.write(made.key_pem + made.certificate_pem)
            file.flush()
            context.load_cert_chain(file.name)
        context.sni_callback = self._change_host
        return context

    def _change_host(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> None:
        if name is not None:
            connection.context = self.context_for(name)
