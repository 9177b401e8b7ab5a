"""The servers that are compared: how each is had, started, and spoken to.

``Peer`` says what a peer must tell; each file is one, with the flags that it runs with. Where these
are more than an address and a data folder, the peer is there a second time with its own defaults.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.benchmarks.errors import AbsentError
from tests.benchmarks.running import Running, free_port, running

_PACKAGES = {
    "wrk": "wrk",
    "nginx": "nginx-light",
    "beanstalkd": "beanstalkd",
    "npm": "npm",
    "setpriv": "util-linux",
}


class Peer(Protocol):
    """A program that serves a queue, or at least answers."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def obtain(self) -> None:
        """Make sure that it can be started, installing it where a registry has it.

        Raises:
            AbsentError: It cannot; says how to get it.
        """
        ...

    def version(self) -> str:
        """Its version, as it says so itself."""
        ...

    def command(self, folder: Path, port: int) -> list[str]:
        """What to run, after putting into *folder* what it needs there."""
        ...

    def answers(self, port: int) -> bool:
        """Whether it answers already."""
        ...

    def make_queue(self, port: int) -> None:
        """Make the queue that its loads use."""
        ...


@contextmanager
def serving(
    peer: Peer, below: Path, *, fill: Callable[[Path], None] | None = None
) -> Iterator[Running]:
    """Run *peer* over a fresh folder in *below*, with its queue made.

    Args:
        peer: Which one.
        below: Where to make the folder; it is removed at the end.
        fill: Puts data into the folder before the start.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{peer.name}-", dir=below))
    try:
        if fill is not None:
            fill(folder)
        with serving_in(folder, peer) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving_in(folder: Path, peer: Peer) -> Iterator[Running]:
    """Run *peer* over what *folder* has, with its queue made."""
    port = free_port()
    command = peer.command(folder, port)
    with running(command, folder=folder, port=port, answers=peer.answers) as server:
        peer.make_queue(port)
        yield server


def program(name: str) -> str:
    """Where the program *name*, one of Debian's, is.

    Raises:
        AbsentError: It is not on the path.
    """
    found = shutil.which(name)
    if found is None:
        raise AbsentError(f"no {name}: apt-get install {_PACKAGES[name]}")
    return found


def missing_packages() -> list[str]:
    """What has to be installed from Debian for every row to be measured."""
    return [package for name, package in _PACKAGES.items() if shutil.which(name) is None]


def output(*command: str) -> str:
    """What *command* prints, on either stream."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()
