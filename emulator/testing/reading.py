"""From the control API's JSON to ``values``, and back.

A field is called on the wire as it is here, in camel case, or as its metadata say. What the server
sends and no field is for is left: it may be newer than its client.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from discovery.contract import Property

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def read(kind: Callable[..., T], members: Mapping[str, Any]) -> T:
    """A *kind*, one of ``values``, from a JSON object.

    Raises:
        TypeError: A member is missing that no *kind* can be without.
        ValueError: A member is not what it should be.
    """
    given = {
        name: _value(hint, members[wire]) for name, wire, hint in _known(kind) if wire in members
    }
    return kind(**given)


def written(value: Any, properties: Mapping[str, Property]) -> dict[str, Any]:
    """The JSON object that says *value*, one of ``values``; what is None is left out.

    Args:
        value: A dataclass.
        properties: Those of its schema.
    """
    told = ((wire, getattr(value, name)) for name, wire, _ in _known(value.__class__))
    return {wire: _told(each, properties.get(wire)) for wire, each in told if each is not None}


def camel(name: str) -> str:
    """``max_results`` as the wire has it."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def instant_text(instant: datetime) -> str:
    """An instant as microseconds since 1970.

    Raises:
        ValueError: It has no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: use datetime(..., tzinfo=UTC)")
    return str((instant - _EPOCH) // _MICROSECOND)


@cache
def _known(kind: Any) -> list[tuple[str, str, Any]]:
    """Each field's name here, its name on the wire, and its type."""
    hints = get_type_hints(kind)
    return [(each.name, _wire_name(each), hints[each.name]) for each in fields(kind)]


def _wire_name(field: Field[Any]) -> str:
    name: str = field.metadata.get("wire") or camel(field.name)
    return name


def _value(hint: Any, sent: Any) -> Any:
    if isinstance(hint, UnionType):
        hint = next(each for each in get_args(hint) if each is not NoneType)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], each) for each in sent)
    if hint is datetime:
        return _instant(sent)
    if hint is bytes:
        return base64.urlsafe_b64decode(sent)
    if hint in (int, float):
        return hint(sent)
    return read(hint, sent) if is_dataclass(hint) and isinstance(hint, type) else sent


def _instant(sent: str) -> datetime:
    if sent.isdecimal():
        return _EPOCH + int(sent) * _MICROSECOND
    return datetime.fromisoformat(sent)


def _told(value: Any, property: Property | None) -> Any:
    if property is not None and property.format == "int64":
        return str(value)
    if is_dataclass(value):
        return written(value, {})
    return value
