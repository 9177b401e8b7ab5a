"""What looks like one ``httplib2.Http`` and is one for each thread: httplib2 is not thread-safe."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import google.auth.credentials
import google_auth_httplib2  # type: ignore[import-untyped]  # has no types, as the next
from googleapiclient.http import build_http  # type: ignore[import-untyped]


class ThreadHttp:
    """Takes ``httplib2.Http``'s place in a service.

    A ``requestBuilder`` could give each request the ``Http`` of the thread that makes it; but
    programs make requests in one thread and execute them in others.

    Args:
        credentials: Of google-auth or oauth2client, with their scopes; None to send none.

    Attributes:
        credentials: The same; googleapiclient looks for them here.
    """

    def __init__(self, credentials: Any = None) -> None:
        self.credentials = credentials
        self._own = threading.local()
        self._all: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = threading.Lock()

    def request(self, *args: Any, **keywords: Any) -> Any:
        """Send with the ``Http`` of this thread; arguments and answer are httplib2's."""
        return self._of_this_thread().request(*args, **keywords)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for http in self._all:
                http.close()

    def _of_this_thread(self) -> Any:
        mine = getattr(self._own, "held", None)
        if mine is None:
            plain = build_http()
            mine = self._own.held = _Held(_authorized(plain, self.credentials))
            # httplib2 does not close its connections when it is forgotten: here, with the thread.
            weakref.finalize(mine, plain.close)
            with self._lock:
                self._all.add(plain)
        return mine.http


class _Held:
    """Goes when its thread does."""

    def __init__(self, http: Any) -> None:
        self.http = http


def _authorized(http: Any, credentials: Any) -> Any:
    if credentials is None:
        return http
    if isinstance(credentials, google.auth.credentials.Credentials):
        return google_auth_httplib2.AuthorizedHttp(credentials, http=http)
    return credentials.authorize(http)  # oauth2client
