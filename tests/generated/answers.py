"""What every answer must be, whatever was asked: the contract's shapes, and Google's envelope."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from discovery.contract import VERSIONS, Contract, Method, Property, load
from emulator.engine.errors import Code
from emulator.rest.errors import CODE_HEADER
from emulator.rest.routes import Router
from tests.generated.generator import Request
from tests.wire import envelope
from tests.wire.fronts import Got, Sent

_JSON_TYPE = "application/json; charset=UTF-8"
_SCRIPT_TYPE = "text/javascript; charset=UTF-8"
_SCRIPT = re.compile(rb"// API callback\n[\w$.]+\((.*)\);", re.DOTALL)
_INT64 = re.compile(r"0|-?[1-9][0-9]{0,18}")
_ROUTER = Router([load(each) for each in VERSIONS])


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer in brief: *method* is what answered, with its version; "-" is no method."""

    method: str
    status: int
    reason: str | None


def judged(request: Request, got: Got) -> Iterator[Seen]:
    """Check *got*; yield it in brief, and so the parts of a batch.

    Raises:
        AssertionError: It is no answer that the server may give to *request*.
    """
    got = _unzipped(got)
    if dict(got.headers).get("content-type", "").startswith("multipart/mixed"):
        assert got.status == 200
        yield Seen("batch", 200, None)
        answers = list(_parts(got))
        asked = request.parts or tuple(map(_unknown_part, answers))
        for sent, answer in zip(_inheriting(asked, request.sent), answers, strict=True):
            yield _judged_one(sent, answer)
    else:
        yield _judged_one(request.sent, got)


def _judged_one(sent: Sent, got: Got) -> Seen:
    found = _method(sent)
    name = f"{found[0].version} {found[1].id}" if found else "-"
    if sent.verb == "HEAD":
        assert 200 <= got.status < 500
        assert not got.body
        return Seen(name, got.status, None)
    got = _unwrapped(got)
    headers = dict(got.headers)
    if got.status >= 400:
        assert headers.get(CODE_HEADER, "UNKNOWN_TASK") in Code.__members__
        return Seen(name, got.status, envelope.reason(got))
    assert CODE_HEADER not in headers
    if got.status == 200:
        _check_members(sent, found, got)
    else:
        assert got.status in (204, 304)
        assert (got.body, headers.get("content-type")) == (b"", None)
    return Seen(name, got.status, None)


def _check_members(sent: Sent, found: tuple[Contract, Method] | None, got: Got) -> None:
    assert dict(got.headers)["content-type"] == _JSON_TYPE
    members = json.loads(got.body)
    assert isinstance(members, dict)
    if found is not None:
        contract, method = found
        assert method.response is not None
        _check_object(contract, contract.schemas[method.response].properties, members)


def _check_object(
    contract: Contract, properties: Mapping[str, Property], members: Mapping[str, object]
) -> None:
    for name, value in members.items():
        assert name in properties, f"{name} is not in the contract"
        _check_value(contract, properties[name], value)


def _check_value(contract: Contract, property: Property, value: object) -> None:
    if property.ref:
        assert isinstance(value, dict), property
        _check_object(contract, contract.schemas[property.ref].properties, value)
    elif property.items:
        assert isinstance(value, list), property
        assert value, property
        for each in value:
            _check_value(contract, property.items, each)
    elif property.properties:
        assert isinstance(value, dict), property
        _check_object(contract, property.properties, value)
    elif property.type == "integer":
        assert type(value) is int, property
        assert -(2**31) <= value < 2**31, property
    else:
        assert isinstance(value, str), property
        assert property.format != "int64" or _INT64.fullmatch(value), property
        assert property.default in (None, value), property


def _method(sent: Sent) -> tuple[Contract, Method] | None:
    """The method that *sent* reaches."""
    verb = sent.verb
    if verb == "POST":
        override = sent.all_headers.get("x-http-method-override", "").upper()
        verb = override if override in ("GET", "PUT", "PATCH", "DELETE") else verb
    path = sent.path.decode("utf-8", "surrogateescape")
    matched = _ROUTER.match("GET" if verb == "HEAD" else verb, path)
    return (matched[0].contract, matched[0].method) if matched else None


def _unzipped(got: Got) -> Got:
    if dict(got.headers).get("content-encoding") != "gzip" or not got.body:
        return got
    return replace(got, body=gzip.decompress(got.body))


def _unwrapped(got: Got) -> Got:
    """An answer as JSON-P as it would be without; as a script even a refusal is a 200."""
    if dict(got.headers).get("content-type") != _SCRIPT_TYPE:
        return got
    assert got.status == 200
    matched = _SCRIPT.fullmatch(got.body)
    assert matched, "the script is not one call"
    status = json.loads(matched[1]).get("error", {}).get("code", 200)
    headers = (
        ("content-type", _JSON_TYPE),
        *(each for each in got.headers if "type" not in each[0]),
    )
    return Got(status, headers, matched[1])


def _parts(got: Got) -> Iterator[Got]:
    """The answers in a batch's answer."""
    boundary = dict(got.headers)["content-type"].partition("boundary=")[2].encode()
    first, *pieces, last = (b"\r\n" + got.body).split(b"\r\n--" + boundary)
    assert (first, last) == (b"", b"--\r\n")
    for piece in pieces:
        described, head, body = piece.split(b"\r\n\r\n", 2)
        assert b"\r\nContent-Type: application/http" in described
        line, *fields = head.decode("latin-1").split("\r\n")
        pairs = [field.split(": ", 1) for field in fields]
        headers = {name.lower(): value for name, value in pairs}
        assert headers.pop("content-length") == str(len(body))
        yield Got(int(line.split(" ", 2)[1]), tuple(headers.items()), body)


def _unknown_part(got: Got) -> Sent:
    """What a part of a mangled batch asked for; only a HEAD may have an answer without a body."""
    return Sent("" if got.body else "HEAD", "")


def _inheriting(parts: tuple[Sent, ...], outer: Sent) -> Iterator[Sent]:
    """The parts with the headers that those of the batch add."""
    shared = {name: value for name, value in outer.headers.items() if "content-" not in name}
    for part in parts:
        yield replace(part, headers={**shared, **part.headers})
