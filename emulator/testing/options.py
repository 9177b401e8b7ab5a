"""How a test says what server it wants: the settings of ``tq-emulator serve``, as arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypedDict

from emulator.config import AuthMode, LimitsName, Settings, sqlite_path
from emulator.storage.sqlite_file import Durability

# Settings whose options have another name: these are given once for each value.
_REPEATABLE = {"allowed_hosts": "allowed-host", "google_audiences": "google-audience"}


class ServerOptions(TypedDict, total=False):
    """What ``running`` takes beside the mode; see ``emulator.config.Settings``.

    The store may also be a path, and *queues* a list of names of pull queues.
    """

    store: str | Path
    durability: Durability
    queues: str | Path | Sequence[str] | None
    auto_create: bool | None
    limits: LimitsName
    partition: str
    tombstone_days: float
    auth: AuthMode
    tokens: str | Path | None
    google_audiences: Sequence[str]
    allowed_hosts: Sequence[str]
    cors: Sequence[str]
    insecure: bool
    jsonp: bool
    control_token: str | None
    reset_clock: bool
    journal: int | None


def settings_of(options: ServerOptions, folder: Path) -> Settings:
    """The settings that *options* say, with the control API on.

    Args:
        options: As a user gave them.
        folder: For files that are made from them.

    Raises:
        SettingsError: A value is not one of those that there are.
        TypeError: There is no such option.
    """
    given: dict[str, Any] = {**options, "control": True}
    for name in ("google_audiences", "allowed_hosts", "cors"):
        given[name] = tuple(given.get(name, ()))
    given["store"] = _store(options.get("store", "sqlite://"))
    given["queues"] = _queue_file(options.get("queues"), folder)
    tokens = options.get("tokens")
    given["tokens"] = None if tokens is None else Path(tokens).resolve()
    return Settings(**given)


def arguments(settings: Settings) -> Iterator[str]:
    """How *settings* are said to ``tq-emulator serve``; what is as it would be anyway is left out.

    The store is not: that of the command is a file.
    """
    for each in fields(settings):
        value = getattr(settings, each.name)
        if value == each.default and each.name != "store":
            continue
        option = _REPEATABLE.get(each.name, each.name.replace("_", "-"))
        if isinstance(value, bool):
            yield f"--{option}" if value else f"--no-{option}"
            continue
        for one in value if isinstance(value, tuple) else (value,):
            yield from (f"--{option}", str(one))


def _store(given: str | Path) -> str:
    """A store's address, good in any working directory."""
    path = given if isinstance(given, Path) else sqlite_path(given)
    return "sqlite://" if path is None else f"sqlite:///{path.resolve()}"


def _queue_file(given: str | Path | Sequence[str] | None, folder: Path) -> Path | None:
    if given is None:
        return None
    if isinstance(given, str | Path):
        return Path(given).resolve()
    file = folder / "queue.yaml"
    entries = [f"- name: {json.dumps(name)}\n  mode: pull\n" for name in given]
    file.write_text("".join(["queue:\n", *entries]))
    return file
