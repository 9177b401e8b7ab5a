"""The emulator that a case talks to: a fresh one in memory, set up as the case says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from emulator.auth.digests import digest
from emulator.config import Settings
from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.errors import OverloadedError, StoreFailedError
from emulator.engine.model import QueueSettings
from emulator.engine.queues import QueueBook
from emulator.engine.store import Outcome
from emulator.rest.door import Door
from emulator.service import Service, open_service

# Where a refusal is expected, no queue springs into being that could hide it (issue 3).
ONE_QUEUE = "queue:\n- name: q\n  mode: pull\n"


@contextmanager
def open_server(
    options: Mapping[str, Any], folder: Path, *, refuses: bool
) -> Iterator[tuple[Service, VirtualClock]]:
    """A server for one case, closed in the end.

    Args:
        options: The case's ``server``.
        folder: For its files.
        refuses: Whether the case expects a refusal.
    """
    settings = dict(options)
    trouble = settings.pop("store", None)
    paused = settings.pop("paused", [])
    if refuses and not settings.keys() & {"queues", "auto_create"}:
        settings["queues"] = ONE_QUEUE
    if "queues" in settings:
        settings["queues"] = _queue_file(folder, settings["queues"])
    if "tokens" in settings:
        settings |= {"auth": "tokens", "tokens": _tokens_file(folder, settings["tokens"])}
    for name in ("allowed_hosts", "cors"):
        settings[name] = tuple(settings.get(name, ()))
    clock = VirtualClock()
    opened = open_service(Settings(durability="off", **settings), clock=clock)
    service = opened
    if paused:  # no queue file can say so
        book = QueueBook(
            {name: QueueSettings(paused=True) for name in paused}, auto_create=not refuses
        )
        service = replace(service, door=Door(Engine(clock, queues=book)))
    if trouble is not None:
        service = replace(service, store=_TroubledStore(trouble))
    try:
        yield service, clock
    finally:
        opened.store.close()


def _queue_file(folder: Path, text: str) -> Path:
    file = folder / ("queue.xml" if text.startswith("<") else "queue.yaml")
    file.write_text(text)
    return file


def _tokens_file(folder: Path, tokens: Mapping[str, Mapping[str, Any]]) -> Path:
    """The file that makes each key of *tokens* a bearer token of what its value says."""
    entries = [
        {"name": secret, "sha256": digest(secret), **holder} for secret, holder in tokens.items()
    ]
    file = folder / "tokens.json"
    file.write_text(json.dumps({"version": 1, "tokens": entries}))
    return file


class _TroubledStore:
    """A store that cannot do what it is asked, in one of three ways."""

    def __init__(self, trouble: str) -> None:
        self._outcome: Outcome[Any] = {
            "overloaded": Outcome(error=OverloadedError("10000 operations are waiting already")),
            "failed": Outcome(error=StoreFailedError("disk I/O error")),
            "confused": Outcome(object()),  # which no renderer can show
        }[trouble]

    def submit(self, work: Any, done: Any) -> None:
        if isinstance(self._outcome.error, OverloadedError):
            raise self._outcome.error
        done(self._outcome)

    def run(self, work: Any) -> Any:
        return self._outcome.unwrap()

    def close(self) -> None:
        pass
