"""The cases of this folder's JSON files: read, sent through a front, and compared.

The format is in README.md.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emulator.engine.clock import VirtualClock
from emulator.service import Service
from tests.wire.fronts import Front, Got, Sent
from tests.wire.multipart import parts, with_plain_boundary
from tests.wire.servers import open_server

FOLDER = Path(__file__).parent

_JSON_TYPE = "application/json; charset=UTF-8"
_MADE_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Case:
    """One case; *steps* are as the file has them.

    Attributes:
        file: Where it stands.
        name: What it claims.
        source: Where that is known from.
        strength: What kind of source that is; one of ``fidelity.STRENGTHS``.
        differs: How the live service differed, or may have, in a sentence; else None.
        server: How its server is set up.
    """

    file: str
    name: str
    source: str
    strength: str
    differs: str | None
    server: Mapping[str, Any]
    steps: list[dict[str, Any]]

    @property
    def of_control(self) -> bool:
        """Whether it is about our own control API, of which there is nothing to know elsewhere."""
        return self.file.startswith("control")

    @property
    def refuses(self) -> bool:
        """Whether an answer is expected to be a refusal."""
        return any(_refuses(step) for step in self.steps)


def all_cases() -> list[Case]:
    """Every case of every file, in order."""
    return [
        Case(
            file.name,
            each["name"],
            each.get("source", ""),
            each.get("strength", ""),
            each.get("differs"),
            each.get("server", {}),
            each["steps"],
        )
        for file in sorted(FOLDER.glob("*.json"))
        for each in json.loads(file.read_text())
    ]


@contextmanager
def a_server(case: Case, folder: Path) -> Iterator[tuple[Service, VirtualClock]]:
    """A fresh emulator in memory for *case*, closed in the end. *folder* holds its files."""
    with open_server(case.server, folder, refuses=case.refuses) as opened:
        yield opened


def play(case: Case, front: Front, clock: VirtualClock) -> list[Got]:
    """Send all steps, compare each answer, and return them with the server's names taken out."""
    names: dict[str, str] = {}
    answers = []
    for number, step in enumerate(case.steps):
        clock.advance(step.get("advance", 0))
        got = with_plain_boundary(front.send(request_of(step, names)))
        try:
            _compare(step, got, names)
        except AssertionError as error:
            error.add_note(f"step {number}: {step['request']}")
            error.add_note(f"answer: {got.status} {got.headers} {got.body[:2000]!r}")
            raise
        answers.append(_without(names, got))
    return answers


def request_of(step: Mapping[str, Any], names: Mapping[str, str]) -> Sent:
    """The step's request, with the names that the server made put in."""
    verb, _, target = _filled(step["request"], names).partition(" ")
    body = b""
    headers = {}
    if "json" in step:
        body = json.dumps(_filled(step["json"], names), ensure_ascii=False).encode()
        headers["content-type"] = "application/json"
    elif "text" in step:
        pieces = _filled(step["text"], names)
        body = "".join(pieces).encode()
    elif "base64" in step:
        body = base64.b64decode(step["base64"])
    if step.get("gzip"):
        body = gzip.compress(body, mtime=0)
        headers["content-encoding"] = "gzip"
    headers |= {name.lower(): value for name, value in step.get("headers", {}).items()}
    return Sent(verb, target, headers, body, step.get("peer", "127.0.0.1"))


def _compare(step: Mapping[str, Any], got: Got, names: dict[str, str]) -> None:
    if "refusal" in step:
        return _compare_refusal(step["refusal"], got)
    expected = step.get("response")
    if expected is None:
        assert got.status in (200, 204)
        return None
    assert got.status == expected.get("status", 200)
    _compare_headers(expected.get("headers", {}), got)
    got = _unpacked(got, packed=expected.get("gzip", False))
    if "parts" in expected:
        _compare_parts(expected["parts"], got, names)
    elif "json" in expected:
        members = json.loads(got.body)
        _learn(expected["json"], members, names)
        # As text, because the order of members counts.
        assert _spelled(members) == _spelled(_filled(expected["json"], names))
    elif "text" in expected:
        assert got.body.decode() == _filled(expected["text"], names)
    elif "members" in expected:
        members = json.loads(got.body)
        assert {name: members.get(name) for name in expected["members"]} == expected["members"]
    elif "ids" in expected:
        assert [each["id"] for each in json.loads(got.body)["items"]] == expected["ids"]
    return None


def _compare_refusal(expected: Mapping[str, Any], got: Got) -> None:
    item = {
        "domain": "global",
        "reason": expected["reason"],
        "message": expected["message"],
    }
    for kind in ("parameter", "header"):
        if kind in expected:
            item |= {"locationType": kind, "location": expected[kind]}
    status = expected.get("status", 400)
    got = _unpacked(got, packed=expected.get("gzip", False))
    envelope = {"error": {"errors": [item], "code": status, "message": expected["message"]}}
    code = {"x-taskqueue-error": expected["code"]} if "code" in expected else {}

    assert got.status == status
    assert _spelled(json.loads(got.body)) == _spelled(envelope)
    _compare_headers(expected.get("headers", {}) | code, got)


def _compare_headers(expected: Mapping[str, Any], got: Got) -> None:
    """Those that are written must be as written, the two that clients act on exactly."""
    if got.status in (204, 304):
        exact = {"content-type": None}
    else:
        exact = {"content-type": expected.get("content-type", _JSON_TYPE)}
    exact["x-taskqueue-error"] = expected.get("x-taskqueue-error")
    for name, value in {**expected, **exact}.items():
        values = [text for each, text in got.headers if each == name]
        listed = value if isinstance(value, list) else [] if value is None else [value]
        assert values == listed, name


def _compare_parts(expected: list[dict[str, Any]], got: Got, names: dict[str, str]) -> None:
    """Compare the answers of a batch, one by one."""
    answers = parts(got)
    assert len(answers) == len(expected)
    for number, (part, (content_id, answer)) in enumerate(zip(expected, answers, strict=True)):
        try:
            assert content_id == part.get("id")
            _compare(part, answer, names)
        except AssertionError as error:
            error.add_note(f"part {number}: {answer}")
            raise


def _unpacked(got: Got, *, packed: bool) -> Got:
    assert dict(got.headers).get("content-encoding") == ("gzip" if packed else None)
    return replace(got, body=gzip.decompress(got.body)) if packed else got


def _refuses(step: Mapping[str, Any]) -> bool:
    response = step.get("response", {})
    return (
        "refusal" in step
        or response.get("status", 200) >= 400
        or any(_refuses(part) for part in response.get("parts", ()))
    )


def _learn(expected: Any, actual: Any, names: dict[str, str]) -> None:
    """Find the names that the server made, where *expected* has a ``$word`` not met before."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected.keys() & actual.keys():
            _learn(expected[key], actual[key], names)
    elif isinstance(expected, list) and isinstance(actual, list):
        for mine, theirs in zip(expected, actual, strict=False):
            _learn(mine, theirs, names)
    elif isinstance(expected, str) and expected.startswith("$") and expected not in names:
        assert _MADE_NAME.fullmatch(actual), f"{actual!r} is no name that the server makes"
        assert actual not in names.values(), f"the server gave the name {actual!r} twice"
        names[expected] = actual


def _filled(template: Any, names: Mapping[str, str]) -> Any:
    if isinstance(template, str):
        for word, name in names.items():
            template = template.replace(word, name)
        return template
    if isinstance(template, list):
        return [_filled(each, names) for each in template]
    if isinstance(template, dict):
        if template.keys() == {"$repeat"}:
            text, times = template["$repeat"]
            return text * times
        return {key: _filled(each, names) for key, each in template.items()}
    return template


def _without(names: Mapping[str, str], got: Got) -> Got:
    """*got* as it would be had the server made no names; an ETag depends on every byte."""
    body = got.body
    for word, name in names.items():
        body = body.replace(name.encode(), word.encode())
    if body == got.body:
        return got
    return Got(got.status, tuple(pair for pair in got.headers if pair[0] != "etag"), body)


def _spelled(members: Any) -> str:
    return json.dumps(members, indent=1)
