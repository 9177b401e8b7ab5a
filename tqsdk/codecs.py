"""Payloads as values: a codec turns one into the other. ``Client.queue`` takes one.

There is none for pickle, and should be none: whoever may insert a task would then run code in the
worker.

==================  ==============================================================================
TextCodec           text
JsonCodec           what JSON can say
FormCodec           the parameters of a form, as App Engine's ``Task(params=...)`` stored them
DataclassCodec      a dataclass, as a JSON object
MsgspecCodec        a type that msgspec knows, as JSON; needs msgspec
PydanticCodec       a type that pydantic knows, as JSON; needs pydantic
==================  ==============================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Generic, Protocol, TypeVar

from tqsdk import dataclass_reader, forms
from tqsdk.errors import ConfigError, PayloadDecodeError
from tqsdk.models import Task

V = TypeVar("V")


class Codec(Protocol[V]):
    """Turns values of one type into payloads and back; any object with these two methods will do.

    It should read its own payloads of last week: the tasks of a queue outlive a deployment.
    """

    def encode(self, value: V, /) -> bytes:
        """The payload that stands for *value*."""
        ...

    def decode(self, payload: bytes, /) -> V:
        """The value that *payload* stands for.

        Raises:
            ValueError: It stands for none.
        """
        ...


def read(codec: Codec[V], task: Task) -> V:
    """The value in *task*.

    Raises:
        PayloadDecodeError: The codec cannot read its payload.
    """
    try:
        return codec.decode(task.payload)
    except ValueError as error:
        raise PayloadDecodeError(
            f"{type(codec).__name__} cannot read the payload: {error}",
            queue=task.queue,
            task=task.name,
        ) from error


class TextCodec:
    """Text.

    Args:
        encoding: As Python names it.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self._encoding = encoding

    def encode(self, value: str, /) -> bytes:
        return value.encode(self._encoding)

    def decode(self, payload: bytes, /) -> str:
        return payload.decode(self._encoding)


class JsonCodec:
    """What JSON can say: dicts, lists, text, numbers, booleans, None."""

    def encode(self, value: Any, /) -> bytes:
        return _to_json(value)

    def decode(self, payload: bytes, /) -> Any:
        return _from_json(payload)


class FormCodec:
    """Names with one value or, as a list, several: ``application/x-www-form-urlencoded``."""

    def encode(self, value: Mapping[str, str | Sequence[str]], /) -> bytes:
        return forms.encode(value)

    def decode(self, payload: bytes, /) -> dict[str, str | list[str]]:
        return forms.decode(payload)


class DataclassCodec(Generic[V]):
    """A dataclass, as a JSON object.

    Its fields are of JSON's own types, or lists, ``dict[str, ...]``, other dataclasses or ``None``
    of these. Members that it does not know are ignored; missing ones take the field's default.

    Raises:
        ConfigError: A field is of another type.
    """

    def __init__(self, kind: type[V]) -> None:
        self._read = dataclass_reader.reader(kind)

    def encode(self, value: V, /) -> bytes:
        return _to_json(asdict(value))  # type: ignore[call-overload]  # reader() has checked it

    def decode(self, payload: bytes, /) -> V:
        value: V = self._read(_from_json(payload))
        return value


class MsgspecCodec(Generic[V]):
    """A type that msgspec knows, such as a ``Struct``, as JSON.

    Raises:
        ConfigError: msgspec is not installed.
    """

    def __init__(self, kind: type[V]) -> None:
        try:
            from msgspec.json import Decoder, Encoder
        except ImportError as error:
            raise ConfigError("MsgspecCodec needs msgspec: pip install msgspec") from error
        self._encoder = Encoder()
        self._decoder = Decoder(kind)

    def encode(self, value: V, /) -> bytes:
        return self._encoder.encode(value)

    def decode(self, payload: bytes, /) -> V:
        return self._decoder.decode(payload)


class PydanticCodec(Generic[V]):
    """A type that pydantic knows, such as a ``BaseModel``, as JSON.

    Raises:
        ConfigError: pydantic is not installed.
    """

    def __init__(self, kind: type[V]) -> None:
        try:
            from pydantic import TypeAdapter
        except ImportError as error:
            raise ConfigError("PydanticCodec needs pydantic: pip install pydantic") from error
        self._adapter = TypeAdapter(kind)

    def encode(self, value: V, /) -> bytes:
        return self._adapter.dump_json(value)

    def decode(self, payload: bytes, /) -> V:
        return self._adapter.validate_json(payload)


def _to_json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _from_json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
