"""What all measurements of a run share: the peers, the sizes, and stores built once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import backlog
from tests.benchmarks.payload import PAYLOAD_BYTES, payload
from tests.benchmarks.peers import Peer
from tests.benchmarks.peers.azurite import Azurite
from tests.benchmarks.peers.beanstalkd import Beanstalkd
from tests.benchmarks.peers.moto import Moto
from tests.benchmarks.peers.nginx import Nginx
from tests.benchmarks.peers.ours import STORE_FILE, Ours
from tests.benchmarks.peers.pubsub import PubSub


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run.

    Attributes:
        folder: For all data, on the disk that is meant.
        seconds: How long one measurement takes.
        connections: How many clients there are.
        many: How many tasks the large backlog has.
        peak: How many tasks come and go in a peak, in hundreds.
        say: Shows progress.
    """

    folder: Path
    seconds: float
    connections: int
    many: int
    peak: int
    azurite: Azurite
    azurite_defaults: Azurite
    moto: Moto
    pubsub: PubSub
    say: Callable[[str], None]
    ours: Ours = field(default_factory=Ours)
    ours_with_tokens: Ours = field(default_factory=lambda: Ours(tokens=True))
    ours_with_journal: Ours = field(default_factory=lambda: Ours(journal=1_000))
    nginx: Nginx = field(default_factory=Nginx)
    nginx_defaults: Nginx = field(default_factory=lambda: Nginx(defaults=True))
    beanstalkd: Beanstalkd = field(default_factory=Beanstalkd)
    beanstalkd_defaults: Beanstalkd = field(default_factory=lambda: Beanstalkd(defaults=True))
    _stores: dict[tuple[int, int], Path] = field(default_factory=dict)

    def peers(self) -> tuple[Peer, ...]:
        """All that there are, in the order of the preface."""
        return (
            *(self.ours, self.ours_with_tokens, self.ours_with_journal),
            *(self.azurite, self.azurite_defaults, self.moto, self.pubsub),
            *(self.nginx, self.nginx_defaults),
            *(self.beanstalkd, self.beanstalkd_defaults),
        )

    def copying(self, count: int, size: int = PAYLOAD_BYTES) -> Callable[[Path], None]:
        """Puts into a folder a store of its own with *count* tasks of *size* bytes."""

        def fill(folder: Path) -> None:
            shutil.copyfile(self._store(count, size), folder / STORE_FILE)
            os.sync()

        return fill

    def sharing(self, count: int, size: int = PAYLOAD_BYTES) -> Callable[[Path], None]:
        """Puts into a folder the one store with *count* tasks, for work that leaves it as large."""

        def fill(folder: Path) -> None:
            os.link(self._store(count, size), folder / STORE_FILE)
            os.sync()

        return fill

    def _store(self, count: int, size: int) -> Path:
        if (count, size) in self._stores:
            return self._stores[count, size]
        path = self.folder / f"{count}-of-{size}.db"
        what = f"building a backlog of {count:,} tasks of {size:,} bytes"

        def progress(done: int) -> None:
            if done % 50_000 == 0:
                self.say(f"{what}: {done / count:.0%}")

        self.say(what)
        backlog.build(path, count=count, payload=payload(size), progress=progress)
        self._stores[count, size] = path
        return path
