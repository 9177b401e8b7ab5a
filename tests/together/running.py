"""A real server, as a user starts it: where it is, for clients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.durability.process import ServerProcess


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers at *url*."""

    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def api(self) -> str:
        """Where the methods are."""
        return f"{self.url}/taskqueue/v1beta2/projects"


@contextmanager
def running_server(folder: Path, *options: str) -> Iterator[Server]:
    """Serve from *folder* until the block ends, with its queue.yaml if it has one."""
    process = ServerProcess(folder, "--store", f"sqlite:///{folder / 't.db'}", *options)
    try:
        yield Server(process.url)
    finally:
        process.kill()
