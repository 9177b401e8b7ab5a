"""What all measurements of a run share: the peers, the sizes, and stores built once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import backlog
from tests.benchmarks.peers.azurite import Azurite
from tests.benchmarks.peers.beanstalkd import Beanstalkd
from tests.benchmarks.peers.moto import Moto
from tests.benchmarks.peers.nginx import Nginx
from tests.benchmarks.peers.ours import STORE_FILE, Ours
from tests.benchmarks.peers.pubsub import PubSub


@dataclass(slots=True, kw_only=True)
class Bench:
    """One run.

    Attributes:
        folder: For all data, on the disk that is meant.
        seconds: How long one measurement takes.
        connections: How many clients there are.
        many: How many tasks the large backlog has.
        say: Shows progress.
    """

    folder: Path
    seconds: float
    connections: int
    many: int
    azurite: Azurite
    moto: Moto
    pubsub: PubSub
    say: Callable[[str], None]
    ours: Ours = field(default_factory=Ours)
    ours_with_tokens: Ours = field(default_factory=lambda: Ours(tokens=True))
    nginx: Nginx = field(default_factory=Nginx)
    beanstalkd: Beanstalkd = field(default_factory=Beanstalkd)
    _stores: dict[tuple[int, bytes], Path] = field(default_factory=dict)

    def copying(self, count: int, payload: bytes) -> Callable[[Path], None]:
        """Puts into a folder a store of its own with *count* tasks."""

        def fill(folder: Path) -> None:
            shutil.copyfile(self._store(count, payload), folder / STORE_FILE)
            os.sync()

        return fill

    def sharing(self, count: int, payload: bytes) -> Callable[[Path], None]:
        """Puts into a folder the one store with *count* tasks, for work that leaves it as large."""

        def fill(folder: Path) -> None:
            os.link(self._store(count, payload), folder / STORE_FILE)
            os.sync()

        return fill

    def _store(self, count: int, payload: bytes) -> Path:
        if (count, payload) in self._stores:
            return self._stores[count, payload]
        path = self.folder / f"{len(self._stores)}.db"
        what = f"building a backlog of {count:,} tasks of {len(payload):,} bytes"

        def progress(done: int) -> None:
            if done % 50_000 == 0:
                self.say(f"{what}: {done / count:.0%}")

        self.say(what)
        backlog.build(path, count=count, payload=payload, progress=progress)
        self._stores[count, payload] = path
        return path
