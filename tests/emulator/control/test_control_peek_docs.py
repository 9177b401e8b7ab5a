"""The examples of the page on looking and resetting are answered as it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.app import create_app
from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.model import QueueId
from tests.wire.fronts import Sent, Wsgi

PAGE = Path(__file__).parents[3] / "docs/test-kit-peek.md"
QUEUE = QueueId("my-app", "mail")


@pytest.fixture
def front():
    clock = VirtualClock()
    service = create_app(durability="off", control=True, clock=clock).extensions["taskqueue"]
    engine = Engine(clock)
    for name, payload, tag in [("ada", b"Hello, Ada!", "welcome"), ("bob", b"hello", "")]:
        service.store.run(engine.insert(QUEUE, payload=payload, name=name, tag=tag))
    service.store.run(engine.lease(QUEUE, count=1, seconds=60))
    service.store.run(engine.insert(QUEUE, payload=b"", name="eve"))
    service.store.run(engine.delete(QUEUE, "eve"))
    yield Wsgi(service)
    service.store.close()


def test_the_examples_are_answered_as_the_docs_show(front):
    examples = re.findall(
        r"^\$ curl (?:-X (\w+) )?'?http://127.0.0.1:8088(\S+?)'?\n(\{\n.*?^\}\n)",
        PAGE.read_text(),
        re.M | re.S,
    )

    answers = [front.send(Sent(verb or "GET", target)).body for verb, target, _ in examples]

    assert len(examples) == PAGE.read_text().count("$ curl") == 4
    assert [each.decode() for each in answers] == [shown for *_, shown in examples]
