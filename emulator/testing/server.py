"""A server that runs: where it is for programs, and all that a test can do to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from emulator.environment import server_variables
from emulator.testing.calling import ControlApi
from emulator.testing.controls import Controls

if TYPE_CHECKING:
    from flask import Flask


class NotThereError(RuntimeError):
    """A server has no address, or no application in this process, in the mode that it runs in."""


class Server(Controls):
    """A server, with its control API.

    ``with emulator.running() as server:`` makes one.
    """

    def __init__(
        self, call: ControlApi, *, url: str | None, application: Callable[[], Flask] | None
    ) -> None:
        """Make one.

        Args:
            call: Its control API.
            url: Where it listens; None is nowhere.
            application: Makes a WSGI application of it; None if it is not in this process.
        """
        super().__init__(call)
        self._url = url
        self._application = application

    @property
    def url(self) -> str:
        """Where it listens, without a path: ``http://127.0.0.1:49152``.

        Raises:
            NotThereError: It runs in the mode ``wsgi``, without a port.
        """
        if self._url is None:
            raise NotThereError("a server in mode 'wsgi' has no address: use server.wsgi")
        return self._url

    @property
    def host(self) -> str:
        """Host and port, as ``TASKQUEUE_EMULATOR_HOST`` wants them.

        Raises:
            NotThereError: As for ``url``.
        """
        return self.url.partition("://")[2]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port apart, for sockets.

        Raises:
            NotThereError: As for ``url``.
        """
        host, _, port = self.host.rpartition(":")
        return host, int(port)

    @cached_property
    def wsgi(self) -> Flask:
        """A WSGI application over the same tasks, for transports that need no socket.

        Raises:
            NotThereError: It runs in a process of its own.
        """
        if self._application is None:
            raise NotThereError("a server in mode 'process' is not in this process: use server.url")
        return self._application()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which programs find it; none in the mode ``wsgi``."""
        if self._url is None:
            return {}
        found = server_variables(self._url)
        return {name: value for name, value in found.items() if value is not None}
