"""The one place where the parts of the interception are joined."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from emulator.intercept.authority import Authority
from emulator.intercept.proxy import Proxy
from emulator.intercept.trust import trusted, write_bundle, write_java_store
from emulator.intercept.variables import variables
from emulator.intercept.ways import Outside, proxies_of
from emulator.loop_front import LoopFront
from emulator.service import Service

_HOST = "127.0.0.1"


@asynccontextmanager
async def intercepting(
    service: Service, url: str, *, environ: Mapping[str, str], offline: bool
) -> AsyncIterator[Mapping[str, str]]:
    """Intercept, until the block ends, whoever has the variables that this gives.

    Args:
        service: Answers in Google's place; it must admit ``hosts.GOOGLE``.
        url: Where it listens itself.
        environ: The environment that the variables are added to.
        offline: Whether hosts that are neither Google's nor this machine are refused.

    Raises:
        SettingsError: A proxy in *environ* cannot be used; MissingLibraryError: ``cryptography``
            is not installed.
    """
    proxies = proxies_of(environ)
    plain = LoopFront(service.door, service.store)
    secure = LoopFront(service.door, service.store, scheme="https")
    with tempfile.TemporaryDirectory(prefix="tq-emulator-") as name:
        bundle, java_store = Path(name, "trusted.pem"), Path(name, "trusted.p12")
        authority = Authority(Path(name))
        certificates = trusted(environ, authority.certificate)
        write_bundle(certificates, bundle)
        write_java_store(certificates, java_store)
        proxy = Proxy(
            plain=plain,
            secure=secure,
            authority=authority,
            outside=Outside(proxies, bundle),
            offline=offline,
        )
        async with plain.tended(), secure.tended():
            server = await asyncio.get_running_loop().create_server(proxy, _HOST, 0)
            port = server.sockets[0].getsockname()[1]
            try:
                yield variables(url, f"{_HOST}:{port}", bundle, java_store, environ)
            finally:
                server.close()
                await proxy.close()
