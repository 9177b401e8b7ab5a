"""The cases of this folder's JSON files: read, sent through a front, and compared.

The format is in README.md.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emulator.app import Service, open_service
from emulator.config import Settings
from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.errors import OverloadedError, StoreFailedError
from emulator.engine.model import QueueSettings
from emulator.engine.queues import QueueBook
from emulator.engine.store import Outcome
from emulator.rest.door import Door
from tests.wire.fronts import Front, Got, Sent

FOLDER = Path(__file__).parent

_JSON_TYPE = "application/json; charset=UTF-8"
_MADE_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Case:
    """One case; *steps* are as the file has them."""

    file: str
    name: str
    server: Mapping[str, Any]
    steps: list[dict[str, Any]]


def all_cases() -> list[Case]:
    """Every case of every file, in order."""
    return [
        Case(file.name, each["name"], each.get("server", {}), each["steps"])
        for file in sorted(FOLDER.glob("*.json"))
        for each in json.loads(file.read_text())
    ]


@contextmanager
def a_server(case: Case, folder: Path) -> Iterator[tuple[Service, VirtualClock]]:
    """A fresh emulator in memory for *case*, closed in the end. *folder* holds its queue file."""
    options = dict(case.server)
    trouble = options.pop("store", None)
    paused = options.pop("paused", [])
    if "queues" in options:
        file = folder / ("queue.xml" if options["queues"].startswith("<") else "queue.yaml")
        file.write_text(options["queues"])
        options["queues"] = file
    clock = VirtualClock()
    opened = open_service(Settings(durability="off", **options), clock=clock)
    service = opened
    if paused:  # no queue file can say so
        book = QueueBook({name: QueueSettings(paused=True) for name in paused})
        service = replace(service, door=Door(Engine(clock, queues=book)))
    if trouble is not None:
        service = replace(service, store=_TroubledStore(trouble))
    try:
        yield service, clock
    finally:
        opened.store.close()


def play(case: Case, front: Front, clock: VirtualClock) -> list[Got]:
    """Send all steps, compare each answer, and return them with the server's names taken out."""
    names: dict[str, str] = {}
    answers = []
    for number, step in enumerate(case.steps):
        clock.advance(step.get("advance", 0))
        got = front.send(request_of(step, names))
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
    headers |= {name.lower(): value for name, value in step.get("headers", {}).items()}
    return Sent(verb, target, headers, body)


def _compare(step: Mapping[str, Any], got: Got, names: dict[str, str]) -> None:
    if "refusal" in step:
        return _compare_refusal(step["refusal"], got)
    expected = step.get("response")
    if expected is None:
        assert got.status in (200, 204)
        return None
    assert got.status == expected.get("status", 200)
    _compare_headers(expected.get("headers", {}), got)
    if "json" in expected:
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
    if "parameter" in expected:
        item |= {"locationType": "parameter", "location": expected["parameter"]}
    status = expected.get("status", 400)
    envelope = {"error": {"errors": [item], "code": status, "message": expected["message"]}}
    code = {"x-taskqueue-error": expected["code"]} if "code" in expected else {}

    assert got.status == status
    assert _spelled(json.loads(got.body)) == _spelled(envelope)
    _compare_headers(expected.get("headers", {}) | code, got)


def _compare_headers(expected: Mapping[str, str], got: Got) -> None:
    """Those that are written must be there, the two that clients act on exactly."""
    assert dict(got.headers).items() >= expected.items()
    type = dict(got.headers).get("content-type")
    assert type == (None if got.status == 204 else expected.get("content-type", _JSON_TYPE))
    code = dict(got.headers).get("x-taskqueue-error")
    assert code == expected.get("x-taskqueue-error")


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


class _TroubledStore:
    """A store that cannot do what it is asked, in one of three ways."""

    def __init__(self, trouble: str) -> None:
        self._outcome: Outcome[Any] = {
            "overloaded": Outcome(error=OverloadedError("10000 operations are waiting already")),
            "failed": Outcome(error=StoreFailedError("disk I/O error")),
            "confused": Outcome(object()),  # which no renderer can show
        }[trouble]

    def submit(self, work: Any, done: Any) -> None:
        if isinstance(self._outcome.error, OverloadedError):
            raise self._outcome.error
        done(self._outcome)

    def run(self, work: Any) -> Any:
        return self._outcome.unwrap()

    def close(self) -> None:
        pass
