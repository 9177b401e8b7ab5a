"""What may happen to a request on its way: the manners of real clients, and damage.

A manner does not change what is meant; after damage the request means something else, or nothing.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from hypothesis import strategies as st

from tests.wire.fronts import Sent

WireChange: TypeAlias = Callable[[st.DrawFn, Sent], Sent]

_FORM = "application/x-www-form-urlencoded"
_BOMB = gzip.compress(bytes(3 << 20), mtime=0)
_OVER_THE_CAP = b" " * ((2 << 20) + 1)

_TYPES = ["application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", "", "x", _FORM]
_HARMLESS = [
    {"x-goog-api-client": "gl-python/3.13 gdcl/9.9"},
    {"user-agent": "curl/8.5.0"},
    {"user-agent": "", "accept": "", "accept-encoding": "identity;q=0, *"},
    {"accept": "text/html;q=0.1, */*", "accept-language": "de"},
    {"cookie": "a=b; c", "referer": "http://x/"},
    {"authorization": "Bearer x"},
    {"if-modified-since": "yesterday", "range": "bytes=0-1"},
    {"x-forwarded-for": "1.2.3.4, 5", "x-forwarded-proto": "https", "forwarded": "for=x"},
    {"expect": "100-continue"},
    {"te": "trailers", "connection": "keep-alive"},
    {"x-taskqueue-attempt": "0123456789abcdef"},
]
_STRANGE = [
    {"authorization": "Basic eDp5"},
    {"authorization": "Bearer"},
    {"authorization": " "},
    {"host": "rebound.example"},
    {"host": "[::"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"x-http-method-override": "BREW"},
    {"x-http-method-override": "PUT"},
    {"x-http-method-override": "HEAD"},
    {"content-encoding": "br"},
    {"content-encoding": "gzip, gzip"},
    {"content-type": "multipart/mixed; boundary=b"},
]
_VERBS = [
    *("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "BREW", "M-SEARCH"),
    "get",
]
_NOISE = [
    *(b"", b" \n", b"{", b"}", b"[]", b"1", b'"x"', b"null", b"true", b"{}{}", b"{} x", b"{'a':1}"),
    *(b'{"id":"\xff"}', b'{"id":"\\ud800"}', b'{"\\ud800":1}', b'{"id":"\0"}', b'{"id":NaN}'),
    *(b'{"id":"a","id":"b"}', b"\xef\xbb\xbf{}", b'{"leaseTimestamp":1e999}', b"{\0}", b"\x1f\x8b"),
    *(b'{"x":' + b"[" * 60_000, b'{"x":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    *(b'{"retry_count":' + b"9" * 5_000 + b"}", b"numTasks=1&leaseSecs=60", b"%", b"fields=%FF"),
    _OVER_THE_CAP,
]
_QUERY_TAILS = [
    *("", "&", "&&=&", "%", "%zz=1", ";", "a=1&a=2", "=", "strict=true&x=1"),
    *("alt=json&alt=json", "numTasks=1", "key=a&key=b", "fields=kind&fields=kind", "x&" * 101),
    *("$.xgafv=1&$.xgafv=2", "callback=a()", "callback=%3Cscript%3E", "prettyPrint=&pp="),
    "%FF=%FE",
]


def _as_form(draw: st.DrawFn, sent: Sent) -> Sent:
    """The query in the body, as Ruby, PHP and long GETs have it."""
    if sent.body or not sent.query:
        return sent
    override = {} if sent.verb == "POST" else {"x-http-method-override": sent.verb}
    headers = {**sent.headers, **override, "content-type": _FORM}
    return Sent("POST", sent.target.partition("?")[0], headers, sent.query.encode())


def _overridden(draw: st.DrawFn, sent: Sent) -> Sent:
    if sent.verb == "POST":
        return sent
    name = draw(st.sampled_from([sent.verb, sent.verb.lower()]))
    return replace(sent, verb="POST", headers={**sent.headers, "x-http-method-override": name})


def _gzipped(draw: st.DrawFn, sent: Sent) -> Sent:
    headers = {**sent.headers, "content-encoding": draw(st.sampled_from(["gzip", "x-gzip"]))}
    return replace(sent, headers=headers, body=gzip.compress(sent.body, mtime=0))


def _chunked(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, headers={**sent.headers, "transfer-encoding": "chunked"})


def _with_slash(draw: st.DrawFn, sent: Sent) -> Sent:
    path, mark, query = sent.target.partition("?")
    return replace(sent, target=f"{path}/{mark}{query}")


def _with_question_mark(draw: st.DrawFn, sent: Sent) -> Sent:
    return sent if "?" in sent.target else replace(sent, target=f"{sent.target}?")


def _percent_encoded(draw: st.DrawFn, sent: Sent) -> Sent:
    old, new = draw(st.sampled_from([("~", "%7E"), ("~", "%7e"), ("tasks", "t%61sks")]))
    return replace(sent, target=sent.target.replace(old, new))


def _wanting_gzip(draw: st.DrawFn, sent: Sent) -> Sent:
    headers = {"accept-encoding": "gzip, deflate", "user-agent": "x (gzip)"}
    return replace(sent, headers={**sent.headers, **headers})


def _conditional(draw: st.DrawFn, sent: Sent) -> Sent:
    condition = draw(st.sampled_from(["*", '"x"', 'W/"x", *', ""]))
    return replace(sent, headers={**sent.headers, "if-none-match": condition})


def _head(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, verb="HEAD") if sent.verb == "GET" else sent


def _stray_body(draw: st.DrawFn, sent: Sent) -> Sent:
    """Google's own puller leased with a body of ``{}``."""
    if sent.body:
        return sent
    return replace(sent, headers={**sent.headers, "content-type": "application/json"}, body=b"{}")


def _other_type(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, headers={**sent.headers, "content-type": draw(st.sampled_from(_TYPES))})


def _harmless_header(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, headers={**sent.headers, **draw(st.sampled_from(_HARMLESS))})


MANNERS: tuple[WireChange, ...] = (
    _as_form,
    _overridden,
    _gzipped,
    _chunked,
    _with_slash,
    _with_question_mark,
    _percent_encoded,
    _wanting_gzip,
    _conditional,
    _head,
    _stray_body,
    _other_type,
    _harmless_header,
)


def _other_verb(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, verb=draw(st.sampled_from(_VERBS)))


def _crooked_path(draw: st.DrawFn, sent: Sent) -> Sent:
    path, mark, query = sent.target.partition("?")
    cut = path.rpartition("/")[0] or "/"
    crooked = [
        *(f"{path}//", f"/{path}", f"/x{path}", cut, f"{path}/x", f"{path}/.", f"{path}/../a"),
        *(path.upper(), path.replace("/tasks", "//tasks"), path.replace("beta2", "beta3")),
        *(f"{path}%", f"{path}%2F", f"{path}%zz", f"{path}%c0%ae", f"{path}%00", f"{path};v=1"),
        path.replace("/taskqueues/", "%2Ftaskqueues%2F"),
    ]
    return replace(sent, target=draw(st.sampled_from(crooked)) + mark + query)


def _crooked_query(draw: st.DrawFn, sent: Sent) -> Sent:
    mark = "&" if "?" in sent.target else "?"
    return replace(sent, target=sent.target + mark + draw(st.sampled_from(_QUERY_TAILS)))


def _repeated_query(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, target=f"{sent.target}&{sent.query}") if sent.query else sent


def _noise(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, body=draw(st.sampled_from(_NOISE) | st.binary(max_size=20)))


def _cut_body(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, body=sent.body[: draw(st.integers(0, 100))])


def _broken_gzip(draw: st.DrawFn, sent: Sent) -> Sent:
    packed = gzip.compress(sent.body, mtime=0)
    flipped = packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:]  # in the checksum
    broken = [sent.body or b"x", packed[:-1], packed[:9], flipped, packed + b"x", packed * 2, _BOMB]
    headers = {**sent.headers, "content-encoding": "gzip"}
    return replace(sent, headers=headers, body=draw(st.sampled_from(broken)))


def _strange_header(draw: st.DrawFn, sent: Sent) -> Sent:
    return replace(sent, headers={**sent.headers, **draw(st.sampled_from(_STRANGE))})


DAMAGE: tuple[WireChange, ...] = (
    _other_verb,
    _crooked_path,
    _crooked_query,
    _repeated_query,
    _noise,
    _cut_body,
    _broken_gzip,
    _strange_header,
)
