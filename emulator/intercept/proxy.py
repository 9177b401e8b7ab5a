"""A proxy on this machine, at which whatever is for Google ends."""

from __future__ import annotations

import asyncio
import logging
import ssl
from http import HTTPStatus
from weakref import WeakSet

from emulator.connection import Connection, Front
from emulator.intercept.authority import Authority
from emulator.intercept.flow import Arriving, Pipe
from emulator.intercept.heads import Head, ProxyError, read_head
from emulator.intercept.hosts import is_google
from emulator.intercept.ways import Outside, open_way
from emulator.rest.access import is_loopback
from emulator.rest.errors import WireError

logger = logging.getLogger(__name__)

_HOST = "localhost"
_ESTABLISHED = b"HTTP/1.1 200 Connection Established\r\n\r\n"


class Proxy:
    """Makes what serves each connection of a client."""

    def __init__(
        self,
        *,
        plain: Front,
        secure: Front,
        authority: Authority,
        outside: Outside,
        offline: bool,
    ) -> None:
        """Make a proxy.

        Args:
            plain: Answers in Google's place what comes by HTTP.
            secure: Answers what comes by HTTPS.
            authority: Speaks for Google's hosts.
            outside: How other hosts are reached.
            offline: Whether other hosts are refused, but for this machine.
        """
        self._plain = plain
        self._secure = secure
        self._authority = authority
        self._outside = outside
        self._offline = offline
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: WeakSet[asyncio.Transport] = WeakSet()

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a connection that is about to be made."""
        return Arriving(self._begin)

    async def close(self) -> None:
        """Hang up on everybody."""
        for task in self._tasks:
            task.cancel()
        for transport in self._open:
            transport.abort()
        await asyncio.sleep(0)  # for the loop to close them

    def _begin(self, client: Arriving) -> None:
        self._open.add(client.transport)
        task = asyncio.get_running_loop().create_task(self._serve(client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: Arriving) -> None:
        try:
            if await client.begins_with_tls():
                # Old programs speak TLS with a proxy as they would with the host (axios to 0.18).
                client = await client.start_tls(self._authority.context_for(_HOST))
            await self._follow(read_head(await client.head()), client)
        except EOFError:
            client.transport.close()
        except OSError as error:
            if isinstance(error, ssl.SSLError):
                logger.warning("a program did not take our certificate: %s", error)
            client.transport.abort()
        except ProxyError as error:
            logger.warning("%s", error)
            self._refuse(client, error)

    async def _follow(self, head: Head, client: Arriving) -> None:
        if not is_google(head.host):
            await self._lead_on(head, client)
        elif head.connects:
            client.transport.write(_ESTABLISHED)
            if await client.begins_with_tls():
                context = self._authority.context_for(head.host.rstrip("."))
                (await client.start_tls(context)).hand_over(Connection(self._secure))
            else:
                client.hand_over(Connection(self._plain))
        else:
            front = self._secure if head.secure else self._plain
            client.hand_over(Connection(front), first=head.for_host())

    async def _lead_on(self, head: Head, client: Arriving) -> None:
        """Let the client speak with a host that is not Google's."""
        if self._offline and not is_loopback(head.host):
            raise ProxyError(
                HTTPStatus.FORBIDDEN,
                "forbidden",
                f"{head.host} is refused by tq-emulator exec --intercept --offline.",
            )
        try:
            way = await open_way(head, self._outside)
        except (OSError, EOFError, UnicodeError) as error:  # the last of what is no host's name
            raise ProxyError(
                HTTPStatus.BAD_GATEWAY,
                "backendError",
                f"{head.host}:{head.port} cannot be reached: {error}.",
            ) from error
        self._open.add(way.there.transport)
        if head.connects:
            client.transport.write(_ESTABLISHED)
        client.hand_over(Pipe(way.there.transport), first=way.request)
        way.there.hand_over(Pipe(client.transport))

    def _refuse(self, client: Arriving, error: ProxyError) -> None:
        refusal = self._plain.refusal(WireError(error.status, error.reason, error.message))
        head = (
            f"HTTP/1.1 {error.status} {error.status.phrase}\r\n"
            "content-type: application/json; charset=UTF-8\r\n"
            f"content-length: {len(refusal.body)}\r\nconnection: close\r\n\r\n"
        )
        client.transport.write(head.encode() + refusal.body)
        client.transport.close()
