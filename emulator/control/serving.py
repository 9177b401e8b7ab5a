"""How most methods here are written: as functions of the path and the query, no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from emulator.rest.endpoint import Plan, Serve, Slow
from emulator.rest.parse import Arguments
from emulator.rest.render import Members

Variables: TypeAlias = Mapping[str, str]
"""The path parameters, by name."""


def serving(handler: Callable[[Variables, Arguments], Plan | Slow | Members | None]) -> Serve:
    """Have *handler* serve a method that does not care who calls, and reads no body."""
    return lambda caller, request, variables, arguments, body: handler(variables, arguments)


def listed(items: Sequence[Members]) -> Members:
    """An answer that lists *items*: what is empty is left out, as everywhere."""
    return {"items": items} if items else {}
