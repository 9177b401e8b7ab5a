"""What tells programs of a proxy, of whom to trust, and of a metadata server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from emulator.intercept.trust import BUNDLE_VARIABLES, JAVA_PASSWORD

# What the user had here holds for us, who lead on: see ``ways``.
_NOT_BY_PROXY = "localhost,127.0.0.1,::1"

_PYTHONPATH = str(Path(__file__).with_name("pythonpath"))


def variables(
    url: str, proxy: str, bundle: Path, java_store: Path, environ: Mapping[str, str]
) -> Mapping[str, str]:
    """What to add to *environ*.

    Args:
        url: Where the server listens.
        proxy: HOST:PORT of the proxy.
        bundle: Whom to trust, in PEM.
        java_store: The same for Java.
        environ: What is set now.
    """
    proxies = {
        "http_proxy": f"http://{proxy}",
        "https_proxy": f"http://{proxy}",
        "no_proxy": _NOT_BY_PROXY,
    }
    server = urlsplit(url).netloc
    return {
        **proxies,
        **{name.upper(): value for name, value in proxies.items()},
        "NODE_USE_ENV_PROXY": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [_PYTHONPATH, environ.get("PYTHONPATH")])),
        **dict.fromkeys(BUNDLE_VARIABLES, str(bundle)),
        "JAVA_TOOL_OPTIONS": _java(proxy, java_store, environ.get("JAVA_TOOL_OPTIONS", "")),
        # Some libraries look for it at its address, past every proxy; see ``auth.credentials``.
        "GCE_METADATA_HOST": server,
        "GCE_METADATA_IP": server,
        "GCE_METADATA_ROOT": server,
    }


def _java(proxy: str, store: Path, already: str) -> str:
    """Options of every Java machine; the last of a name counts."""
    host, _, port = proxy.partition(":")
    properties = {
        "http.proxyHost": host,
        "http.proxyPort": port,
        "https.proxyHost": host,
        "https.proxyPort": port,
        "http.nonProxyHosts": "localhost|127.*|[::1]",
        "javax.net.ssl.trustStore": str(store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": JAVA_PASSWORD,
    }
    options = [f"-D{name}={value}" for name, value in properties.items()]
    quoted = [f'"{each}"' if " " in each else each for each in options]
    return " ".join([*([already] if already else []), *quoted])
