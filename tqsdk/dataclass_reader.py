"""Dataclasses from what JSON gave, each value checked against its field's type."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from tqsdk.errors import ConfigError

Reader: TypeAlias = Callable[[Any], Any]

_JSON_TYPES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def reader(kind: type) -> Reader:
    """What makes a *kind*, a dataclass, of a dict, or raises a ValueError that says what is wrong.

    Raises:
        ConfigError: It is no dataclass, or has a field that cannot be read.
    """
    if not dataclasses.is_dataclass(kind):
        raise ConfigError(f"{kind!r} is not a dataclass")
    return _Readers().of_dataclass(kind)


class _Readers:
    """Readers in the making; a dataclass may be a part of itself."""

    def __init__(self) -> None:
        self._of_dataclasses: dict[type, Reader] = {}

    def of_dataclass(self, kind: type) -> Reader:
        if kind not in self._of_dataclasses:
            fields: dict[str, Reader] = {}
            self._of_dataclasses[kind] = _dataclass_reader(kind, fields)
            for name, hint in _hints(kind).items():
                fields[name] = self._of(hint, f"{kind.__name__}.{name}")
        return self._of_dataclasses[kind]

    def _of(self, hint: Any, place: str) -> Reader:
        if hint is Any:
            return lambda value: value
        if hint in _JSON_TYPES:
            return _scalar_reader(hint, place)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return self.of_dataclass(hint)
        inner = get_args(hint)
        match get_origin(hint):
            case origin if origin is list:
                return _list_reader(self._of(inner[0], place), place)
            case origin if origin is dict and inner[0] is str:
                return _dict_reader(self._of(inner[1], place), place)
            case origin if origin in (Union, UnionType) and NoneType in inner and len(inner) == 2:
                [other] = (each for each in inner if each is not NoneType)
                some = self._of(other, place)
                return lambda value: None if value is None else some(value)
            case _:
                pass
        raise ConfigError(
            f"DataclassCodec cannot read {place}, which is a {hint}: use MsgspecCodec or "
            "PydanticCodec, which take dataclasses too"
        )


def _hints(kind: type) -> dict[str, Any]:
    try:
        hints = get_type_hints(kind)
    except NameError as error:
        raise ConfigError(f"cannot tell the types of {kind.__name__}'s fields: {error}") from error
    return {each.name: hints[each.name] for each in dataclasses.fields(kind) if each.init}


def _dataclass_reader(kind: type, fields: dict[str, Reader]) -> Reader:
    needed = {
        each.name
        for each in dataclasses.fields(kind)
        if each.init and each.default is each.default_factory is dataclasses.MISSING
    }

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"{kind.__name__} is not an object")
        if missing := sorted(needed - value.keys()):
            raise ValueError(f"{kind.__name__}.{missing[0]} is missing")
        return kind(**{name: field(value[name]) for name, field in fields.items() if name in value})

    return read


def _scalar_reader(kind: type, place: str) -> Reader:
    def read(value: Any) -> Any:
        # Not isinstance: for Python true is a number. An int will do where a float is wanted.
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise ValueError(f"{place} is not {_JSON_TYPES[kind]}")
        return value

    return read


def _list_reader(inner: Reader, place: str) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"{place} is not a list")
        return [inner(each) for each in cast(list[object], value)]

    return read


def _dict_reader(inner: Reader, place: str) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"{place} is not an object")
        return {name: inner(each) for name, each in cast(dict[str, Any], value).items()}

    return read
