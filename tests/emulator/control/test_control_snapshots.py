"""Snapshots, exports and imports of a server: beyond what the wire cases say."""

from __future__ import annotations

import gzip
import io
import json
import threading
import tracemalloc
from pathlib import Path

import pytest

from discovery import jsonl
from emulator.config import Settings
from emulator.engine.clock import VirtualClock
from emulator.engine.model import QueueId, Task
from emulator.service import open_service
from tests.emulator.storage.looped import Looped
from tests.wire.fronts import Loop, Sent, Wsgi

QUEUE = QueueId("p", "q")
TASKS = "/taskqueue/v1beta2/projects/s~p/taskqueues/q/tasks"
SNAPSHOTS = "/_emulator/v1/snapshots"

FIRST = (
    b'{"format":"taskqueue-jsonl","version":1,"project":"p","queue":"q","ordered":true,'
    b'"trailer":false}\n'
)


@pytest.fixture(params=["memory", "file"])
def service(request, tmp_path):
    opened = a_service(tmp_path, in_memory=request.param == "memory")
    yield opened
    opened.store.close()


def a_service(folder, *, in_memory=False):
    store = "sqlite://" if in_memory else f"sqlite:///{folder / 't.db'}"
    settings = Settings(store=store, durability="off", control=True)
    return open_service(settings, clock=VirtualClock())


def send(service, verb, target, body=b"", front=Wsgi):
    got = front(service).send(Sent(verb, target, body=body))
    assert got.status in (200, 204), got
    return got.body


def post(service, target, body=b""):
    return json.loads(send(service, "POST", target, body))


def insert(service, name):
    body = json.dumps({"queueName": "q", "id": name, "payloadBase64": "AAAA"}).encode()
    post(service, TASKS, body)


def names(service):
    listed = json.loads(send(service, "GET", "/_emulator/v1/projects/p/queues/q/tasks"))
    return [each["id"] for each in listed.get("items", [])]


def test_what_is_exported_can_be_imported(service):
    insert(service, "a")
    content = send(service, "GET", "/_emulator/v1/export")
    insert(service, "b")

    assert post(service, "/_emulator/v1/import", content)["tasks"] == "1"

    assert names(service) == ["a"]
    assert send(service, "GET", "/_emulator/v1/export") == content


def test_snapshots_lie_beside_the_store_and_outlive_its_server(tmp_path):
    service = a_service(tmp_path)
    insert(service, "a")
    saved = post(service, f"{SNAPSHOTS}/before")
    post(service, "/_emulator/v1/reset")
    service.store.close()

    file = tmp_path / "t.db.snapshots" / "before.jsonl"
    again = a_service(tmp_path)
    loaded = post(again, f"{SNAPSHOTS}/before/load")

    assert file.stat().st_size == int(saved["bytes"])
    assert loaded == saved
    assert names(again) == ["a"]
    again.store.close()


def test_a_snapshot_is_an_export(tmp_path):
    service = a_service(tmp_path)
    insert(service, "a")

    post(service, f"{SNAPSHOTS}/a")

    file = tmp_path / "t.db.snapshots" / "a.jsonl"
    assert send(service, "GET", "/_emulator/v1/export") == file.read_bytes()
    service.store.close()


def test_a_damaged_snapshot_is_listed_and_cannot_be_loaded(tmp_path):
    service = a_service(tmp_path)
    insert(service, "a")
    post(service, f"{SNAPSHOTS}/a")
    file = tmp_path / "t.db.snapshots" / "a.jsonl"
    file.write_bytes(file.read_bytes()[:-9])

    listed = json.loads(send(service, "GET", SNAPSHOTS))
    got = Wsgi(service).send(Sent("POST", f"{SNAPSHOTS}/a/load"))

    assert listed == {"items": [{"name": "a"}]}
    assert got.status == 400
    assert "line 3: it is no JSON" in json.loads(got.body)["error"]["message"]
    assert names(service) == ["a"]
    service.store.close()


def test_a_file_written_by_hand_can_be_loaded(tmp_path):
    service = a_service(tmp_path)
    file = tmp_path / "t.db.snapshots" / "mine.jsonl"
    file.parent.mkdir()
    first = FIRST.replace(b"}", b',"written_us":9223372036854775807}')
    file.write_bytes(first + b'{"name":"a","payload":"x"}\n')

    listed = json.loads(send(service, "GET", SNAPSHOTS))
    loaded = post(service, f"{SNAPSHOTS}/mine/load")

    assert listed == {"items": [{"name": "mine", "bytes": str(file.stat().st_size)}]}
    assert (loaded["tasks"], loaded["tombstones"]) == ("1", "0")
    assert names(service) == ["a"]
    service.store.close()


@pytest.mark.parametrize("front", [Wsgi, Loop])
def test_only_an_import_may_be_large(service, front):
    line = b'{"name":"%06d","payload":"%s"}\n'
    content = FIRST + b"".join(line % (number, b"x" * 50_000) for number in range(100))
    assert len(content) > 5_000_000

    imported = send(service, "POST", "/_emulator/v1/import", content, front)

    assert json.loads(imported)["tasks"] == "100"
    got = front(service).send(Sent("POST", f"{SNAPSHOTS}/a", body=content))
    assert got.status == 413


def test_a_body_that_is_too_large_is_refused(service, monkeypatch):
    monkeypatch.setattr("emulator.control.transfer.MOST_IMPORT_BYTES", 1_000)
    packed = {"content-encoding": "gzip"}

    for sent in (
        Sent("POST", "/_emulator/v1/import", body=b"x" * (64 << 20) + b"x"),
        Sent("POST", "/_emulator/v1/import", packed, gzip.compress(b"x" * 1_001)),
    ):
        assert Wsgi(service).send(sent).status == 413


def test_an_import_may_be_packed(service):
    body = gzip.compress(FIRST + b'{"name":"a","payload":""}\n')

    sent = Sent("POST", "/_emulator/v1/import", {"content-encoding": "gzip"}, body)

    assert json.loads(Wsgi(service).send(sent).body)["tasks"] == "1"


def test_a_store_that_fails_is_said_so(service):
    service.store.close()

    for verb, target in (
        ("GET", "/_emulator/v1/export"),
        ("POST", f"{SNAPSHOTS}/a"),
    ):
        assert Wsgi(service).send(Sent(verb, target)).status == 503


@pytest.mark.parametrize("in_memory", [True, False])
def test_an_export_while_tasks_are_inserted_is_of_one_instant(tmp_path, in_memory):
    """Tasks come in pairs, a pair a commit: an instant has both of a pair or none."""
    path = None if in_memory else tmp_path / "t.db"
    settings = Settings(
        store="sqlite://" if path is None else f"sqlite:///{path}", durability="off", control=True
    )
    services = []

    def open_on(loop):
        services.append(open_service(settings, clock=VirtualClock(), loop=loop))
        return services[0].store

    store = Looped(open_on)
    begun, enough = threading.Event(), threading.Event()
    inserted = []

    def insert_pairs():
        number = 0
        while not enough.is_set() and number < 20_000:
            names = f"a-{number:05}", f"b-{number:05}"
            tasks = [Task(name, b"x" * 20, "", 0, 1, False, 0) for name in names]
            store.run(lambda tx, tasks=tasks: [tx.put(QUEUE, task) for task in tasks])
            number += 1
            inserted.append(number)
            if number == 50:
                begun.set()

    thread = threading.Thread(target=insert_pairs)
    thread.start()
    assert begun.wait(30)
    counts = []
    for _ in range(3):
        before = inserted[-1]
        content = send(services[0], "GET", "/_emulator/v1/export")
        lines = list(jsonl.read(io.BytesIO(content))[1])
        seen = {letter: {x.name[2:] for x in lines if x.name[0] == letter} for letter in "ab"}
        assert seen["a"] == seen["b"]
        assert before <= len(seen["a"])
        counts.append(len(seen["a"]))
    enough.set()
    thread.join()
    store.close()

    assert counts == sorted(counts)
    assert counts[-1] <= inserted[-1]


def test_a_snapshot_is_saved_and_loaded_in_little_memory(tmp_path):
    service = a_service(tmp_path)
    write_snapshot(tmp_path / "t.db.snapshots" / "large.jsonl", tasks=400, payload=b"x" * 50_000)

    tracemalloc.start()
    post(service, f"{SNAPSHOTS}/large/load")
    saved = post(service, f"{SNAPSHOTS}/again")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert int(saved["bytes"]) > 25_000_000
    assert most < 12_000_000
    service.store.close()


def test_a_snapshot_of_many_tasks_loads_and_answers_correctly(tmp_path):
    assert_loads(tmp_path, tasks=2_000)


@pytest.mark.soak
def test_a_snapshot_of_100_000_tasks_loads_and_answers_correctly(tmp_path):
    assert_loads(tmp_path, tasks=100_000)


def assert_loads(folder: Path, *, tasks: int) -> None:
    """Put a snapshot beside a store, load it, and ask the server about it."""
    service = a_service(folder)
    write_snapshot(folder / "t.db.snapshots" / "many.jsonl", tasks, payload=b"hello")

    loaded = post(service, f"{SNAPSHOTS}/many/load")

    assert (loaded["tasks"], loaded["tombstones"]) == (str(tasks), "1")
    stats = json.loads(send(service, "GET", f"{TASKS.removesuffix('/tasks')}?getStats=true"))
    assert stats["stats"]["totalTasks"] == tasks
    leased = post(service, f"{TASKS}/lease?numTasks=2&leaseSecs=60")["items"]
    assert [each["id"] for each in leased] == ["000001", "000002"]
    last = json.loads(send(service, "GET", f"{TASKS}/{tasks:06}"))
    assert last["payloadBase64"] == "aGVsbG8="
    body = b'{"queueName":"q","id":"gone","payloadBase64":""}'
    refused = Wsgi(service).send(Sent("POST", TASKS, body=body))
    assert dict(refused.headers)["x-taskqueue-error"] == "TOMBSTONED_TASK"
    saved = post(service, f"{SNAPSHOTS}/again")
    assert (saved["tasks"], saved["tombstones"]) == (str(tasks), "1")
    service.store.close()


def write_snapshot(file: Path, tasks: int, *, payload: bytes) -> None:
    """A file as a server would have written it: each task is due a second after the one before."""
    lines = [
        jsonl.TaskLine(
            project="p",
            queue="q",
            payload=payload,
            name=f"{number:06}",
            eta=number * 1_000_000,
            enqueued_at=0,
        )
        for number in range(1, tasks + 1)
    ]
    gone = jsonl.TombstoneLine(project="p", queue="q", name="gone", until=2 * 10**15)
    file.parent.mkdir()
    file.write_bytes(b"".join(jsonl.write(jsonl.Header(ordered=True), [*lines, gone])))
