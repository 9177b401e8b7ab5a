"""A discovery document as typed, read-only values: methods, parameters, schemas.

Both houses read names, paths, types and spellings from here, and nothing about the API is written
down twice. Orders are those of the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

VERSIONS = ("v1beta1", "v1beta2")

_FOLDER = Path(__file__).parent


def load(version: str = "v1beta2") -> Contract:
    """The contract of one version of Google's Task Queue API, always the same object.

    Raises:
        ValueError: There is no such version.
    """
    if version not in VERSIONS:
        raise ValueError(f"no version {version!r} of taskqueue; there are {', '.join(VERSIONS)}")
    return _read(f"taskqueue.{version}.json")


def control() -> Contract:
    """The contract of the emulator's own API, for its control; always the same object."""
    return _read("emulator.v1.json")


def directory() -> Mapping[str, Any]:
    """Google's list of the versions, as its directory service answered; a new copy each time."""
    listing: dict[str, Any] = json.loads((_FOLDER / "directory.json").read_bytes())
    del listing["source"]  # a note of where the file was found, not part of the answer
    return listing


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of one API.

    Attributes:
        base_path: Where the methods' paths begin, ``/`` first and last.
        batch_path: Where batches go, without the first ``/``.
        parameters: What every method takes beside its own parameters.
        methods: By full id, such as ``taskqueue.tasks.lease``.
        document: The bytes all this was read from.
    """

    name: str
    version: str
    revision: str
    root_url: str
    service_path: str
    base_path: str
    batch_path: str
    parameters: Mapping[str, Parameter]
    methods: Mapping[str, Method]
    schemas: Mapping[str, Schema]
    document: bytes = field(repr=False)

    @classmethod
    def from_document(cls, document: bytes) -> Contract:
        """Read a discovery document, Google's or one of ours."""
        data = json.loads(document)
        return cls(
            name=data["name"],
            version=data["version"],
            revision=data["revision"],
            root_url=data["rootUrl"],
            service_path=data["servicePath"],
            base_path=data["basePath"],
            batch_path=data["batchPath"],
            parameters=_parameters(data),
            methods=MappingProxyType({method.id: method for method in _methods(data)}),
            schemas=MappingProxyType(
                {
                    name: Schema(id=name, properties=_properties(schema))
                    for name, schema in data["schemas"].items()
                }
            ),
            document=document,
        )


@dataclass(frozen=True, slots=True)
class Method:
    """One call.

    Attributes:
        verb: ``GET``, ``POST``, ``PATCH`` or ``DELETE``.
        path: A template below ``base_path``: ``{project}/taskqueues/{taskqueue}``.
        parameters: Of the path and the query; the global ones are with the contract.
        parameter_order: The required parameters, in the order of a call by position.
        request: The schema of the body, if it takes one.
        response: The schema of the answer, if it gives one.
        scopes: Any one of these is enough.
    """

    id: str
    verb: str
    path: str
    parameters: Mapping[str, Parameter]
    parameter_order: tuple[str, ...]
    request: str | None
    response: str | None
    scopes: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method, or of all of them.

    Attributes:
        location: ``path`` or ``query``.
        default: As it would stand in a URL.
        enum: The values there are; empty if any will do.
    """

    name: str
    type: str
    format: str | None
    location: str
    required: bool
    default: str | None
    enum: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The shape of a body."""

    id: str
    properties: Mapping[str, Property]


@dataclass(frozen=True, slots=True)
class Property:
    """One member of a JSON object.

    Attributes:
        type: A JSON type; ``object`` also where *ref* names a schema.
        ref: The schema that describes the value.
        items: What each element of an array is.
        properties: The members of an object that is described in place.
    """

    name: str
    type: str
    format: str | None
    ref: str | None
    items: Property | None
    default: str | None
    properties: Mapping[str, Property]
    description: str


@cache
def _read(file: str) -> Contract:
    return Contract.from_document((_FOLDER / file).read_bytes())


def _methods(data: Mapping[str, Any]) -> Iterator[Method]:
    for method in data.get("methods", {}).values():
        yield _method(method)
    for resource in data.get("resources", {}).values():
        yield from _methods(resource)


def _method(data: Mapping[str, Any]) -> Method:
    return Method(
        id=data["id"],
        verb=data["httpMethod"],
        path=data["path"],
        parameters=_parameters(data),
        parameter_order=tuple(data.get("parameterOrder", ())),
        request=data.get("request", {}).get("$ref"),
        response=data.get("response", {}).get("$ref"),
        scopes=tuple(data.get("scopes", ())),
        description=data.get("description", ""),
    )


def _parameters(data: Mapping[str, Any]) -> Mapping[str, Parameter]:
    return MappingProxyType(
        {name: _parameter(name, each) for name, each in data.get("parameters", {}).items()}
    )


def _parameter(name: str, data: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=name,
        type=data["type"],
        format=data.get("format"),
        location=data["location"],
        required=data.get("required", False),
        default=data.get("default"),
        enum=tuple(data.get("enum", ())),
        description=data.get("description", ""),
    )


def _properties(data: Mapping[str, Any]) -> Mapping[str, Property]:
    return MappingProxyType(
        {name: _property(name, each) for name, each in data.get("properties", {}).items()}
    )


def _property(name: str, data: Mapping[str, Any]) -> Property:
    return Property(
        name=name,
        type=data.get("type", "object"),
        format=data.get("format"),
        ref=data.get("$ref"),
        items=_property(name, data["items"]) if "items" in data else None,
        default=data.get("default"),
        properties=_properties(data),
        description=data.get("description", ""),
    )
