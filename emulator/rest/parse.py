"""What a request says: query and body as typed values, or the refusal that names what is wrong.

Generous where real clients need it (API.md section 13): form-encoded parameters in a body, bodies
that are empty whatever their type says, null members, numbers as strings, members and parameters
that nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Set
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from discovery.contract import Contract, Method, Parameter, Property
from discovery.formats import FormatError, from_json, query_parser
from emulator.rest import errors

Arguments: TypeAlias = Mapping[str, Any]
"""Query parameters by wire name, typed as the contract says; what was not given is not there."""

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Parameters as they came: names and texts, perhaps unknown, perhaps repeated."""

Body: TypeAlias = Mapping[str, Any]
"""Members by wire name, typed as the schema says; null and unknown members are not there."""

_FORM = "application/x-www-form-urlencoded"

# What the Google front end understood on every method beside what the document lists (API.md 2.1).
_STACK_PARAMETERS = {
    "pp": "boolean",
    "strict": "boolean",
    "access_token": "string",
    "trace": "string",
    "userip": "string",
    "$.xgafv": "string",
}

_FORMS = frozenset({"prettyPrint", "pp", "callback"})

_MOST_PARAMETERS = 100

_LONGEST_REMEMBERED = 1_000

_Read: TypeAlias = Callable[[str], object]


class Parser:
    """Reads the requests of one method."""

    def __init__(
        self, contract: Contract, method: Method, *, jsonp: bool, strict: bool = False
    ) -> None:
        """Prepare to read.

        Args:
            contract: Has the parameters of all methods, and the schemas.
            method: Whose requests.
            jsonp: Whether ``callback`` is a parameter.
            strict: Whether what nobody reads is refused: unknown parameters, unless the caller
                says otherwise, unknown members, and a body where none is read.
        """
        self._strict = strict
        own = [each for each in method.parameters.values() if each.location == "query"]
        listed = (*contract.parameters.values(), *own)
        stack = _STACK_PARAMETERS | ({"callback": "string"} if jsonp else {})
        self._read: dict[str, _Read] = {name: query_parser(t, None) for name, t in stack.items()}
        self._read |= {each.name: _reader(each) for each in listed}
        names = {each.name for each in own}
        self._required = tuple(name for name in method.parameter_order if name in names)
        self._schemas = contract.schemas
        self._schema = contract.schemas[method.request].properties if method.request else None
        self._texts = {
            each.name
            for each in (self._schema or {}).values()
            if each.type == "string" and each.format is None
        }

    @property
    def names(self) -> Set[str]:
        """The names of the parameters that are read."""
        return self._read.keys()

    def arguments(self, pairs: Pairs) -> Arguments:
        """The parameters that the method knows, as typed values.

        Raises:
            WireError: One is missing, repeated, or cannot be read; or it is unknown, and
                strictness was asked for.
        """
        given = self._known(pairs)
        for name in self._required:
            if name not in given:
                raise errors.parameter_required(name)
        if given.get("strict", self._strict):
            self._refuse_unknown(pairs)
        return given

    def forms(self, pairs: Pairs) -> Arguments:
        """Of the parameters only those that say how an answer looks.

        Raises:
            WireError: One of them is repeated or cannot be read.
        """
        return self._known(tuple(pair for pair in pairs if pair[0] in _FORMS))

    def _known(self, pairs: Pairs) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, text in pairs:
            read = self._read.get(name)
            if read is None:
                continue
            if name in given:
                raise errors.repeated_parameter(name)
            try:
                given[name] = read(text)
            except FormatError as error:
                raise errors.invalid_parameter(name, str(error)) from error
            _check_text(name, text)
        return given

    def _refuse_unknown(self, pairs: Pairs) -> None:
        for name, _ in pairs:
            if name not in self._read:
                _check_text("the name of a parameter", name)
                raise errors.unknown_parameter(name)

    def body(self, raw: bytes) -> Body | None:
        """The JSON body, or None where the method takes none or there is none.

        Raises:
            WireError: It is not a JSON object, or a member has the wrong type.
        """
        if self._strict and self._schema is None and raw.strip() not in (b"", b"{}"):
            raise errors.unexpected_body()
        if self._schema is None or not raw or raw.isspace():
            return None
        members = _json(raw)
        if not isinstance(members, dict):
            raise errors.parse_error()
        # JSON can hold NUL only as an escape, so bodies without one need no closer look.
        nul = b"\\u0000" in raw
        typed = {}
        if self._strict:
            _refuse_unknown_members(members, self._schema)
        for name, value in members.items():
            if value is None or name not in self._schema:
                continue
            # Nearly all members are ASCII text, which is what it should be as it stands.
            plain = name in self._texts and type(value) is str and value.isascii() and not nul
            typed[name] = value if plain else self._member(self._schema[name], value)
        if nul and _holds_nul(members):
            raise errors.unusable_text("the body")
        return typed

    def _member(self, property: Property, value: object) -> object:
        if property.ref is None:
            return _member(property, value)
        if not isinstance(value, dict):
            raise errors.invalid_member(property.name, "It must be an object.")
        known = self._schemas[property.ref].properties
        if self._strict:
            _refuse_unknown_members(value, known)
        return {
            name: self._member(known[name], each)
            for name, each in value.items()
            if name in known and each is not None
        }


def query_pairs(query: str, form: bytes) -> Pairs:
    """The parameters of a query and of a form-encoded body, in order, percent-decoded.

    Raises:
        WireError: There are too many.
    """
    if form:
        return _pairs(f"{query}&{form.decode('utf-8', 'surrogateescape')}")
    if not query:
        return ()
    return _remembered_pairs(query) if len(query) <= _LONGEST_REMEMBERED else _pairs(query)


def _pairs(query: str) -> Pairs:
    try:
        pairs = parse_qsl(
            query,
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:
        raise errors.too_many_parameters(_MOST_PARAMETERS) from error
    return tuple(pairs)


# Queries repeat: a worker leases with the same parameters all day.
_remembered_pairs = lru_cache(1_024)(_pairs)


def split_form(content_type: str | None, body: bytes) -> tuple[bytes, bytes]:
    """A body as (form, JSON), one of them empty.

    Clients send parameters in forms (Ruby, PHP), and JSON that is called a form (curl -d), so the
    first byte decides as well.
    """
    if content_type and content_type.lower().startswith(_FORM) and body.lstrip()[:1] not in b"{[":
        return body, b""
    return b"", body


def _refuse_unknown_members(members: Iterable[str], known: Mapping[str, Property]) -> None:
    for name in members:
        if name not in known:
            raise errors.unknown_member(name, list(known))


def _reader(parameter: Parameter) -> _Read:
    if not parameter.enum:
        return query_parser(parameter.type, parameter.format)

    def choice(text: str) -> object:
        if text not in parameter.enum:
            allowed = ", ".join(parameter.enum)
            raise FormatError(f"Invalid string value: {text[:80]!r}. Allowed values: [{allowed}]")
        return text

    return choice


def _member(property: Property, value: object) -> object:
    try:
        typed = from_json(property.type, property.format, value)
    except FormatError as error:
        raise errors.invalid_member(property.name, str(error)) from error
    if isinstance(typed, str):
        _check_text(property.name, typed)
    return typed


def _check_text(where: str, text: str) -> None:
    if "\0" in text or not (text.isascii() or _is_unicode(text)):
        raise errors.unusable_text(where)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _json(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _json_by_the_letter(raw)


def _json_by_the_letter(raw: bytes) -> object:
    """Read what the fast reader gave up on, to tell bad text and numbers from bad JSON.

    Lone surrogates and numbers beyond a double are well-formed JSON: the first is refused by name,
    the second by the type of its member.
    """
    try:
        members = json.loads(raw.decode(), parse_constant=_no_constant)
        spelled = json.dumps(members, ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise errors.parse_error() from error
    if not _is_unicode(spelled):
        raise errors.unusable_text("the body")
    return members


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(_holds_nul, (*value.keys(), *value.values())))
    return isinstance(value, list) and any(map(_holds_nul, value))


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
