"""Looking at queues and tasks: it changes nothing, and no look keeps the server long."""

from __future__ import annotations

import json

import pytest

from emulator.control import api, peek
from emulator.control.contents import Contents
from emulator.control.faults.book import FaultBook
from emulator.control.gate import Gate
from emulator.control.journal.record import Journal
from emulator.control.journal.view import View
from emulator.control.watched_store import WatchedStore
from emulator.engine.clock import VirtualClock
from emulator.engine.controlled_clock import ControlledClock
from emulator.engine.engine import Engine
from emulator.engine.model import QueueId, QueueSettings, Task
from emulator.engine.queues import QueueBook
from emulator.exports.shelf import MemoryShelf
from emulator.rest.access import Guard
from emulator.rest.door import Door
from emulator.service import Service
from emulator.storage.group_commit import GroupCommit
from emulator.storage.sqlite import SqliteSession
from tests.wire.fronts import Sent, Wsgi

QUEUE = QueueId("p", "q")
TASKS = "/_emulator/v1/projects/p/queues/q/tasks"


@pytest.fixture
def session():
    return SqliteSession(None, "off")


@pytest.fixture
def service(session):
    store = GroupCommit(session)
    yield a_service(Engine(VirtualClock()), store)
    store.close()


def test_looking_changes_nothing(service, session):
    engine = Engine(VirtualClock(), tombstone_seconds=60)
    clock = engine.clock
    for name in ("over", "buried", "leased", "waiting"):
        eta = clock.now() + 90_000_000 if name == "waiting" else None
        service.store.run(engine.insert(QUEUE, payload=b"x", name=name, eta=eta))
    service.store.run(engine.delete(QUEUE, "over"))
    clock.advance(30)
    service.store.run(engine.delete(QUEUE, "buried"))
    service.store.run(engine.lease(QUEUE, count=1, seconds=60, attempt="i"))
    clock.advance(30)
    before, front = dump(session), Wsgi(a_service(engine, service.store))

    for _ in range(2):
        for query in ("", "?payload=true", "?state=tombstone", "?maxResults=1", "?tag=red"):
            got(front, TASKS + query)
        for name in ("over", "buried", "leased", "waiting", "nobody"):
            front.send(Sent("GET", f"{TASKS}/{name}"))
        for target in ("/_emulator/v1/queues", "/_emulator/v1/projects/new/queues/new/tasks"):
            front.send(Sent("GET", target))

    assert dump(session) == before
    assert "leased" in repr(before)


def test_a_paused_queue_can_be_looked_at(service):
    engine = Engine(VirtualClock(), queues=QueueBook({"q": QueueSettings(paused=True)}))
    service.store.run(engine.insert(QUEUE, payload=b"x", name="a"))

    front = Wsgi(a_service(engine, service.store))

    assert [each["id"] for each in got(front, TASKS)["items"]] == ["a"]


def test_a_queue_that_was_dropped_from_the_configuration_can_be_looked_at(service):
    service.store.run(Engine(VirtualClock()).insert(QUEUE, payload=b"", name="a"))

    nothing = Engine(VirtualClock(), queues=QueueBook({}, auto_create=False))
    front = Wsgi(a_service(nothing, service.store))

    assert [each["id"] for each in got(front, TASKS)["items"]] == ["a"]
    assert got(front, f"{TASKS}?state=leased") == {}
    assert front.send(Sent("GET", "/_emulator/v1/projects/p/queues/r/tasks")).status == 404


def test_a_filter_that_fits_nothing_looks_at_so_many_tasks_a_page(service, monkeypatch):
    monkeypatch.setattr(peek, "_MOST_LOOKED_AT", 20)
    monkeypatch.setattr(peek, "_AT_ONCE", 7)
    fill(service, [f"{number:02}" for number in range(45)], tags={"44": "rare"})

    pages = all_pages(Wsgi(service), "tag=rare")

    assert pages == [[], [], ["44"]]


def test_a_page_of_payloads_ends_when_it_is_large(service, monkeypatch):
    monkeypatch.setattr(peek, "_MOST_PAYLOAD_BYTES", 250)
    fill(service, "abcde", payload=b"x" * 100)
    front = Wsgi(service)

    assert all_pages(front, "payload=true") == [["a", "b", "c"], ["d", "e"]]
    assert all_pages(front, "payload=false") == [["a", "b", "c", "d", "e"]]


@pytest.mark.parametrize("most", [1, 2, 5, 6])
def test_pages_are_the_whole_whatever_their_size(service, monkeypatch, most):
    monkeypatch.setattr(peek, "_AT_ONCE", 2)
    fill(service, "abcde")

    pages = all_pages(Wsgi(service), f"maxResults={most}")

    assert [each for page in pages for each in page] == ["a", "b", "c", "d", "e"]
    assert all(len(page) == most for page in pages[:-1])


def a_service(engine, store) -> Service:
    controlled = ControlledClock(engine.clock)
    journal = View(Journal(size=0), controlled)
    contents = Contents(store, engine, controlled=controlled, machine=engine.clock)
    faults, shelf, watched = FaultBook(), MemoryShelf(), WatchedStore(store)
    own = api.extension(
        Gate(Guard()), engine, controlled, faults, journal, contents, shelf, watched
    )
    door = Door(engine, extensions=[own])
    return Service(door, store)


def fill(service, names, *, payload=b"", tags=()):
    def work(tx):
        for name in names:
            tag = dict(tags).get(name, "")
            tx.put(QUEUE, Task(name, payload, tag, 0, 0, False, 0))

    service.store.run(work)


def got(front, target):
    answer = front.send(Sent("GET", target))
    assert answer.status == 200, answer
    return json.loads(answer.body)


def all_pages(front, query):
    """The ids of each page."""
    pages, token = [], ""
    while token is not None:
        page = got(front, f"{TASKS}?{query}&pageToken={token}")
        pages.append([each["id"] for each in page.get("items", [])])
        token = page.get("nextPageToken")
    return pages


def dump(session):
    """All that the store has."""
    return list(session._connection.iterdump())
