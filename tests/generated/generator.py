"""Requests that somebody might send, drawn from the contract: right ones, odd ones, broken ones.

::

    conversation := server (pause request)+
    request      := call | batch | stray
    call         := method parameters members? manner* fault*
    batch        := call* manner? mangling?
    stray        := verb path

A call starts out right (``calls``, ``values``). Manners change how it is sent and not what it
means, as real clients do (API.md sections 2 and 13); faults are mistakes in its values (``calls``)
or damage on its way (``transport``). There are few of each, so that requests come far before they
are refused. In HTTP itself nothing is wrong: that would be a test of the HTTP server.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st

from discovery.contract import VERSIONS, load
from emulator.config import Settings
from tests.generated.calls import VALUE_FAULTS, right_call, written
from tests.generated.transport import DAMAGE, MANNERS
from tests.generated.values import NOW
from tests.wire.fronts import Sent

QUEUES = Path(__file__).with_name("queue.yaml")

_BATCH_PATHS = ["/batch", "/batch?", "/batch/", *(f"/{load(each).batch_path}" for each in VERSIONS)]
_BOUNDARIES = ["b", '"===============7330845974216740156=="', '"a b"', "END_OF_PART"]
_CONTENT_IDS = ["", "<x + 1>", "<x+1>", "1", "i0", "<>", "é", "<" * 300]
_STRAY_PATHS = [
    *(
        "/",
        "/x/",
        "*",
        "//",
        "/livez",
        "/readyz",
        "/favicon.ico",
        "/batch/x",
        "/batchx",
        "/%00",
        "/%FF",
    ),
    *("/discovery/v1/apis", "/discovery/v1/apis?preferred=true&name=x", "/discovery/v1/apis/"),
    *("/discovery/v1/apis/taskqueue/v1beta2/rest", "/discovery/v1/apis/taskqueue/v1beta1/rest/"),
    *("/discovery/v1/apis/taskqueue/v3/rest", "/discovery/v1/apis/x/v1/rest?%FF=%FF&;"),
    *("/$discovery/rest?version=v1beta2", "/$discovery/rest", "/$discovery/rest?version=%00"),
    *("/taskqueue", "/taskqueue/v1beta2/projects", "/taskqueue/v1beta2/projects/p1/taskqueues"),
    *("/taskqueue/v1beta2/projects//taskqueues//tasks/", "/../../etc/passwd", "/static/x.js"),
]
_STRAY_VERBS = ["GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "BREW"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and if it is a batch whose parts cannot be mistaken, those."""

    sent: Sent
    parts: tuple[Sent, ...] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A request, *pause* seconds after the one before."""

    pause: int
    request: Request


@dataclass(frozen=True, slots=True)
class Conversation:
    """Requests to one new server."""

    settings: Settings
    steps: list[Step]


def conversations(*, most: int) -> st.SearchStrategy[Conversation]:
    """A server, what every conversation starts with, and up to *most* requests more."""
    return st.builds(Conversation, servers, st.lists(steps(), min_size=most // 4, max_size=most))


servers = st.builds(
    Settings,
    durability=st.just("off"),
    queues=st.just(QUEUES),
    auto_create=st.booleans(),
    limits=st.sampled_from(["standard", "standard", "strict", "relaxed"]),
    jsonp=st.booleans(),
)


def opening() -> list[Step]:
    """Three tasks, the first of them leased, so that there is something to ask for."""
    tasks = "/taskqueue/v1beta2/projects/s~p1/taskqueues/q1/tasks"
    bodies: list[dict[str, object]] = [
        {"id": "a", "leaseTimestamp": NOW - 1_000_000},
        {"id": "b", "tag": "red", "payloadBase64": "YmI="},
        {"id": "c"},
    ]
    inserts = [Sent("POST", tasks, body=json.dumps(body).encode()) for body in bodies]
    lease = Sent("POST", f"{tasks}/lease?numTasks=1&leaseSecs=60")
    return [Step(0, Request(each)) for each in (*inserts, lease)]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """A request and the pause before it, mostly none."""
    pause = draw(st.sampled_from([0] * 12 + [1, 59, 61, 700_000]))
    kind = draw(st.sampled_from(["call"] * 8 + ["batch", "stray"]))
    if kind == "call":
        return Step(pause, Request(draw(calls())))
    return Step(pause, draw(batches() if kind == "batch" else strays()))


@st.composite
def calls(draw: st.DrawFn) -> Sent:
    """A call of one of the methods, perhaps not a right one."""
    contract = load(draw(st.sampled_from(VERSIONS)))
    method = draw(st.sampled_from(list(contract.methods.values())))
    faults = draw(st.lists(st.sampled_from(VALUE_FAULTS + DAMAGE), max_size=2, unique=True))
    manners = draw(st.lists(st.sampled_from(MANNERS), max_size=2, unique=True))
    draft = right_call(draw, contract, method)
    for fault in VALUE_FAULTS:
        if fault in faults:
            draft = fault(draw, draft)
    sent = written(draft)
    for change in (*manners, *(each for each in DAMAGE if each in faults)):
        sent = change(draw, sent)
    return sent


@st.composite
def strays(draw: st.DrawFn) -> Request:
    """A request for what no contract describes."""
    return Request(Sent(draw(st.sampled_from(_STRAY_VERBS)), draw(st.sampled_from(_STRAY_PATHS))))


@st.composite
def batches(draw: st.DrawFn) -> Request:
    """Some calls in one request, which may be mangled."""
    parts = draw(st.lists(calls(), max_size=4))
    boundary = draw(st.sampled_from(_BOUNDARIES))
    newline = draw(st.sampled_from([b"\n", b"\r\n"]))
    sent = Sent(
        "POST",
        draw(st.sampled_from(_BATCH_PATHS)),
        {"content-type": f"multipart/mixed; boundary={boundary}"},
        _multipart(draw, parts, boundary.strip('"'), newline),
    )
    damage = draw(st.sampled_from([None, None, None, _mangled, _mislabelled, *DAMAGE]))
    if damage is not None:
        return Request(damage(draw, sent))
    clear = all(each.verb.isalpha() and len(each.target) <= 16_384 for each in parts)
    return Request(sent, tuple(parts) if clear else None)


def _multipart(draw: st.DrawFn, parts: list[Sent], boundary: str, newline: bytes) -> bytes:
    lines: list[bytes] = []
    for part in parts:
        content_id = draw(st.sampled_from(_CONTENT_IDS))
        origin = draw(st.sampled_from(["", "", "https://www.googleapis.com"]))
        version = draw(st.sampled_from(["", " HTTP/1.1"]))
        lines += [f"--{boundary}".encode(), b"Content-Type: application/http"]
        lines += [f"Content-ID: {content_id}".encode()] if content_id else []
        lines += [b"", f"{part.verb} {origin}{part.target}{version}".encode()]
        lines += [f"{name}: {value}".encode() for name, value in part.headers.items()]
        lines += [b"", part.body]
    return newline.join([*lines, f"--{boundary}--".encode(), b""])


def _mangled(draw: st.DrawFn, sent: Sent) -> Sent:
    """The body with a stretch of it cut out, written twice, or replaced."""
    begin, length = draw(st.integers(0, 400)), draw(st.integers(0, 60))
    before, piece, after = (
        sent.body[:begin],
        sent.body[begin : begin + length],
        sent.body[begin + length :],
    )
    new = draw(st.sampled_from([b"", piece * 2, b"\0", b"\n\n", b"\r\n--b--\r\n", b"\xff" * 9]))
    return replace(sent, body=before + new + after)


def _mislabelled(draw: st.DrawFn, sent: Sent) -> Sent:
    types = [
        *("", "multipart/mixed", "multipart/mixed; boundary=", 'multipart/mixed; boundary=""'),
        *("multipart/mixed; boundary=other", "multipart/form-data; boundary=b", "application/json"),
        "multipart/mixed; boundary=-; boundary=b",
    ]
    return replace(sent, headers={"content-type": draw(st.sampled_from(types))})
