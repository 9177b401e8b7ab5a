"""How each type and format of a discovery document is spelled, in a URL and in JSON.

====================  ===================  ==================================
type, format          in a URL             in JSON
====================  ===================  ==================================
string                as it is             string
string, int64         decimal digits       string (a number is accepted too)
integer, int32        decimal digits       number (a string is accepted too)
number, double        decimal, ``1.5e3``   number (a string is accepted too)
boolean               ``true``, ``false``  ``true``, ``false``
====================  ===================  ==================================

An int64 travels as a string because a JSON number beyond 2**53 does not survive JavaScript. Readers
take more than writers give, as Google's server did: clients were seen to send numbers for int64
(trace T5) and ``True`` in URLs (trace T7).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache
from reprlib import repr as shortened

from discovery.contract import Parameter

_DECIMAL = re.compile(r"-?[0-9]+")  # int() alone would take spaces, underscores and other alphabets
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MOST_DIGITS = len(str(-(2**63)))
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)
_RANGES: dict[tuple[str, str | None], range] = {
    ("integer", None): _INT32,
    ("integer", "int32"): _INT32,
    ("string", "int64"): _INT64,
}


class FormatError(ValueError):
    """A value that its type and format do not allow; the message says which and why."""


def to_query(parameter: Parameter, value: object) -> str:
    """Spell *value* as it stands in a URL, before percent-encoding.

    Raises:
        FormatError: The parameter cannot have this value.
    """
    checked = _checked(parameter.type, parameter.format, value)
    if isinstance(checked, bool):
        return "true" if checked else "false"
    return str(checked)


def query_parser(type: str, format: str | None) -> Callable[[str], object]:
    """Make the function that reads a parameter's text, already percent-decoded, as a value.

    The function raises FormatError for a text that it cannot read.
    """
    if allowed := _RANGES.get((type, format)):
        return lambda text: _integer(text, allowed)
    return {"boolean": _boolean, "number": _number, "string": _text}[type]


def to_json(type: str, format: str | None, value: object) -> object:
    """Spell *value* as it stands in JSON.

    Raises:
        FormatError: The type and format do not allow this value.
    """
    checked = _checked(type, format, value)
    return str(checked) if type == "string" else checked


def from_json(type: str, format: str | None, value: object) -> object:
    """Read a value out of JSON; an integer of either format may be a number or a string.

    Raises:
        FormatError: The type and format do not allow this value.
    """
    return json_reader(type, format)(value)


@cache
def json_reader(type: str, format: str | None) -> Callable[[object], object]:
    """Make the function that reads such a value out of JSON, as ``from_json`` does."""
    if allowed := _RANGES.get((type, format)):
        return lambda value: (
            _integer(value, allowed) if isinstance(value, str) else _checked(type, format, value)
        )
    if type == "string":
        return lambda value: value if isinstance(value, str) else _checked(type, format, value)
    if type == "number":
        return lambda value: (
            _number(value) if isinstance(value, str) else _checked(type, format, value)
        )
    return lambda value: _checked(type, format, value)


def _checked(type: str, format: str | None, value: object) -> str | int | float | bool:
    """*value* itself, if it is what the type and format call for."""
    if allowed := _RANGES.get((type, format)):
        if not isinstance(value, int) or isinstance(value, bool):
            raise FormatError(f"Invalid integer value: {_shown(value)}.")
        return _within(value, allowed)
    if type == "boolean":
        if not isinstance(value, bool):
            raise FormatError(f"Invalid boolean value: {_shown(value)}.")
        return value
    if type == "number":
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise FormatError(f"Invalid number value: {_shown(value)}.")
        return float(value)
    if not isinstance(value, str):
        raise FormatError(f"Invalid string value: {_shown(value)}.")
    return value


def _shown(value: object) -> str:
    """*value* for people: what JSON has a word for, as in JSON."""
    return json.dumps(value) if isinstance(value, bool | float | None) else shortened(value)


def _integer(text: str, allowed: range) -> int:
    if not _DECIMAL.fullmatch(text):
        raise FormatError(f"Invalid integer value: {shortened(text)}.")
    # Thousands of digits are slow to convert, and int() refuses them with an error of its own.
    if len(text) > _MOST_DIGITS:
        raise _out_of_range(text, allowed)
    return _within(int(text), allowed)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        raise FormatError(f"Invalid number value: {shortened(text)}.")
    return float(text)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond any double
        return False


def _within(value: int, allowed: range) -> int:
    if value not in allowed:
        raise _out_of_range(str(value), allowed)
    return value


def _out_of_range(text: str, allowed: range) -> FormatError:
    # Google's words for a range, seen on another API (trace G7).
    bounds = f"[{allowed[0]}, {allowed[-1]}]"
    return FormatError(
        f"Invalid value {shortened(text)}. Values must be within the range: {bounds}"
    )


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise FormatError(f"Invalid boolean value: {shortened(text)}.") from None


def _text(text: str) -> str:
    return text
