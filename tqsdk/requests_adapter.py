"""The adapter of requests through which the client speaks."""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from tqsdk.connections import Answer, use_own_pools


def origin_of(url: str) -> str:
    """Scheme, host and port of an absolute URL, as they are written there."""
    path = url.find("/", len("https://"))
    return url if path < 0 else url[:path]


class Adapter(HTTPAdapter):
    """The adapter of a session that one thread uses.

    ``send`` is not overridden: that is where ``responses`` and its like step in.
    """

    def __init__(self) -> None:
        self._pools: dict[str, tuple[object, Any]] = {}
        super().__init__()

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, **keywords)
        use_own_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(*args, **keywords)
        use_own_pools(manager)
        return manager

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        origin, settings = origin_of(request.url or ""), (verify, proxies, cert)
        known, pool = self._pools.get(origin, (None, None))
        # A thread that closes the session may do so while the pool of another is noted here.
        if known != settings or pool.pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            self._pools[origin] = settings, pool
        return pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        if not isinstance(resp, Answer):
            return super().build_response(req, resp)
        response = Response()
        response.status_code = resp.status
        response.reason = resp.reason
        response.headers = CaseInsensitiveDict(resp.headers)
        response.url = req.url or ""
        response.request = req
        response.connection = self
        response.raw = resp
        if not resp.is_encoded:
            # What requests would read out of ``raw``, and will if it ever renames this.
            response._content = resp.content
        return response

    def close(self) -> None:
        self._pools.clear()
        # urllib3 only forgets its pools, and leaves the connections of one that something still
        # refers to, such as the traceback of an old error, to the garbage collector.
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - no dict: it cannot be iterated
                pool = manager.pools.get(key)
                if pool is not None:
                    pool.close()
        super().close()
