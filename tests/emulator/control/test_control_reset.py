"""What forgets beside the store when everything is reset, and when."""

from __future__ import annotations

import pytest

from discovery import contract
from emulator.control import reset
from emulator.engine.clock import VirtualClock
from emulator.engine.engine import Engine
from emulator.engine.model import QueueId
from emulator.rest.access import ANYONE
from emulator.rest.door import Door, Extension
from emulator.service import Service
from emulator.storage.sqlite import open_sqlite
from tests.wire.fronts import FRONTS, Sent


@pytest.fixture
def store():
    opened = open_sqlite(None, durability="off")
    yield opened
    opened.close()


@pytest.mark.parametrize("front", FRONTS.values(), ids=FRONTS)
def test_the_others_forget_once_the_store_has(store, front):
    engine = Engine(VirtualClock())
    store.run(engine.insert(QueueId("p", "q"), payload=b""))
    seen: list[object] = []

    def forget():
        seen.append(store.run(lambda tx: tx.queues()))

    opened = front(a_service(engine, store, forget, lambda: seen.append("too")))
    answer = opened.send(Sent("POST", "/_emulator/v1/reset"))
    opened.close()

    assert (answer.status, seen) == (200, [[], "too"])


def test_the_others_do_not_forget_for_a_project_or_a_queue(store):
    seen: list[str] = []
    front = FRONTS["wsgi"](a_service(Engine(VirtualClock()), store, lambda: seen.append("forgot")))

    for query in ("project=p", "project=p&queue=q"):
        assert front.send(Sent("POST", f"/_emulator/v1/reset?{query}")).status == 200

    assert seen == []


def test_the_others_do_not_forget_when_the_store_could_not(store):
    seen: list[str] = []
    front = FRONTS["wsgi"](a_service(Engine(VirtualClock()), store, lambda: seen.append("forgot")))
    store.close()

    assert front.send(Sent("POST", "/_emulator/v1/reset")).status == 503

    assert seen == []


def a_service(engine, store, *forget) -> Service:
    others = dict.fromkeys(contract.control().methods, lambda *_: {})  # which nobody calls
    serve = {**others, **reset.handlers(engine, forget=forget)}
    extension = Extension(contract.control(), serve, lambda request, pairs: ANYONE)
    return Service(Door(engine, extensions=[extension]), store)
