"""The way to a server: proxies and certificates, from arguments and the environment.

requests reads them, so that they are the same here as for the synchronous client.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import utils

from tqsdk.errors import ConfigError


class Route:
    """Finds proxies and certificates; the arguments are those of ``AiohttpTransport``."""

    def __init__(
        self,
        proxies: Mapping[str, str] | None,
        verify: bool | str | None,
        cert: str | tuple[str, str] | None,
        trust_env: bool,
    ) -> None:
        self._proxies = proxies or {}
        self._verify = verify
        self._cert = cert
        self._trust_env = trust_env
        self._found: dict[str, str | None] = {}

    def proxy(self, url: str) -> str | None:
        """The URL of the proxy for *url*, None for none; the environment is read once a server.

        Raises:
            ConfigError: It is a proxy of another kind than HTTP.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._found:
            self._found[origin] = self._find_proxy(url)
        return self._found[origin]

    def tls(self) -> ssl.SSLContext:
        """What to trust, and what to show.

        Raises:
            ConfigError: A certificate file is not there, or is none.
        """
        verify = self._settings("https://")["verify"]
        bundle = utils.DEFAULT_CA_BUNDLE_PATH if verify is True else verify
        is_folder = bool(bundle) and os.path.isdir(bundle)
        try:
            if is_folder:
                context = ssl.create_default_context(capath=bundle)
            else:
                context = ssl.create_default_context(cafile=bundle or None)
            if self._cert is not None:
                context.load_cert_chain(
                    *(self._cert if isinstance(self._cert, tuple) else (self._cert,))
                )
        except OSError as error:
            files = ", ".join(str(each) for each in (bundle, self._cert) if each)
            raise ConfigError(f"cannot use the certificates {files}: {error}") from error
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _find_proxy(self, url: str) -> str | None:
        proxy: str | None = utils.select_proxy(url, self._settings(url)["proxies"])
        if not proxy:
            return None
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        scheme = urlsplit(proxy).scheme
        if scheme not in ("http", "https"):
            raise ConfigError(f"AsyncClient can use http proxies, and no {scheme} proxy")
        return proxy

    def _settings(self, url: str) -> Mapping[str, Any]:
        with requests.Session() as reader:
            reader.trust_env = self._trust_env
            return reader.merge_environment_settings(
                url, dict(self._proxies), None, self._verify, None
            )
