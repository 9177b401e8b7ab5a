"""Queues as sources and as targets, through the command."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from emulator.app import create_app
from tests.tqsdk.cli.conftest import Tq
from tqsdk import Client, ConnectError, RetryPolicy
from tqsdk.migrate.moving.files import opened
from tqsdk.testing import WsgiTransport


@pytest.fixture
def full(queue):
    """The queue, with five tasks in it."""
    for name in "abcde":
        queue.insert(f"payload of {name}", name=name, tag="red" if name < "c" else None)
    return queue


def a_queue(tq, name):
    client = Client("p", transport=tq.transport, clock=tq.clock, retry=RetryPolicy.none())
    return client.queue(name)


def tasks_in(path):
    with opened(Path(path)) as records:
        return list(records)


def names_in(queue):
    return [task.name for task in queue.list()]


class Failing:
    """Loses the connection when *when* says so of a request; before it is sent, or after."""

    def __init__(self, transport, when, *, after=False):
        self._transport = transport
        self._when = when
        self._after = after

    def send(self, request, timeout):
        fails = self._when(request)
        if fails and not self._after:
            raise ConnectError("refused")
        response = self._transport.send(request, timeout)
        if fails:
            raise ConnectError("refused")
        return response


def has(words):
    """Whether a request, or one in its body, has *words*."""
    return lambda request: (
        words in f"{request.method} {request.url}" or words.encode() in (request.body or b"")
    )


def test_to_drain_moves_all_and_leaves_nothing(tq, full):
    done = tq("migrate", "export", "q", "a.jsonl", "--mode", "drain", "--batch", "2")

    assert (done.code, done.err) == (0, "")
    assert done.lines == ["stored\t5", "there\t0", "refused\t0"]
    assert names_in(full) == []
    assert [(task.name, task.payload, task.tag) for task in tasks_in("a.jsonl")] == [
        ("a", b"payload of a", "red"),
        ("b", b"payload of b", "red"),
        ("c", b"payload of c", ""),
        ("d", b"payload of d", ""),
        ("e", b"payload of e", ""),
    ]


def test_our_own_lease_does_not_count(tq, full):
    full.lease()[0].release()

    tq("migrate", "export", "q", "a.jsonl", "--mode", "drain")

    assert sorted(task.retry_count for task in tasks_in("a.jsonl")) == [0, 0, 0, 0, 1]


def test_no_ledger_is_left_when_all_is_done(tq, full, folder):
    tq("migrate", "export", "q", "a.jsonl", "--mode", "drain")

    assert [path.name for path in folder.iterdir()] == ["a.jsonl"]


def test_what_is_exported_is_imported_with_its_names_and_tags(tq, full):
    tq("migrate", "export", "q", "a.jsonl.zst", "--mode", "drain")
    done = tq("migrate", "import", "a.jsonl.zst", "q2", "--json")

    assert done.records == [{"stored": 5, "there": 0, "refused": 0}]
    copied = a_queue(tq, "q2").lease(max_tasks=9)
    first = copied[0]
    assert (first.name, first.payload, first.tag) == ("a", b"payload of a", "red")
    assert sorted(each.name for each in copied) == list("abcde")


def test_to_import_twice_stores_once(tq, full):
    tq("migrate", "export", "q", "a.jsonl", "--mode", "drain")
    tq("migrate", "import", "a.jsonl", "q2")

    done = tq("migrate", "import", "a.jsonl", "q2")

    assert (done.code, done.lines[:2]) == (0, ["stored\t0", "there\t5"])


def test_a_name_that_another_task_has_is_refused_and_the_others_are_moved(tq, full):
    other = a_queue(tq, "q2")
    other.insert("something else", name="b")

    done = tq("migrate", "copy", "tq:q", "tq:q2", "--mode", "drain")

    assert (done.code, done.lines) == (1, ["stored\t4", "there\t0", "refused\t1"])
    assert done.err == "tq: b: refused: its name is taken by another task\n"
    assert other.get("b").payload == b"something else"
    assert [lease.name for lease in full.lease(max_tasks=9)] == ["b"]


def test_a_name_that_is_blocked_is_refused(tq, full):
    other = a_queue(tq, "q2")
    other.insert("done", name="b")
    other.delete("b")

    done = tq("migrate", "copy", "tq:q", "tq:q2", "--mode", "drain")

    assert (done.code, names_in(full)) == (1, ["b"])
    assert "is blocked for days" in done.err


def test_a_task_that_was_done_at_the_target_before_the_next_run_is_not_refused(tq, full):
    good = tq.transport
    tq.transport = Failing(good, has("DELETE "))
    assert tq("migrate", "copy", "tq:q", "tq:q2", "--mode", "drain").code == 8
    tq.transport = good
    for lease in a_queue(tq, "q2").lease(max_tasks=2):
        lease.delete()

    done = tq("migrate", "copy", "tq:q", "tq:q2", "--mode", "drain")

    assert (done.code, done.lines[2]) == (0, "refused\t0")
    assert names_in(full) == []
    assert len(names_in(a_queue(tq, "q2"))) == 3


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("words", ["tasks/lease", "DELETE ", "q2/tasks", "getStats"])
def test_a_run_that_failed_is_taken_up_by_the_next(tq, full, words, after):
    good = tq.transport
    tq.transport = Failing(good, has(words), after=after)
    arguments = ("migrate", "copy", "tq:q", "tq:q2", "--mode", "drain", "--batch", "2")
    failed = tq(*arguments)
    tq.transport = good

    done = tq(*arguments)

    assert (failed.code, done.code) == (8, 0)
    assert sorted(names_in(a_queue(tq, "q2"))) == list("abcde")
    assert names_in(full) == []


def test_a_lease_whose_answer_was_lost_is_asked_for_again(tq, full):
    good = tq.transport
    tq.transport = Failing(good, has("tasks/lease"), after=True)
    tq("migrate", "export", "q", "a.jsonl", "--mode", "drain")
    tq.transport = good

    done = tq("migrate", "export", "q", "a.jsonl", "--mode", "drain")

    assert (done.code, done.err, len(tasks_in("a.jsonl"))) == (0, "", 5)
    assert {task.retry_count for task in tasks_in("a.jsonl")} == {0}


def test_tasks_that_cannot_be_leased_are_counted_and_stay(tq, full):
    full.lease(max_tasks=2, seconds=60)
    full.insert("later", name="f", eta=timedelta(hours=1))

    done = tq("migrate", "export", "q", "a.jsonl", "--mode", "drain")

    assert done.lines[0] == "stored\t3"
    assert done.err == "tq: 3 left in the queue: leased by others, or not due yet\n"


def test_tasks_of_others_can_be_waited_for(tq, full):
    full.lease(max_tasks=2, seconds=60)

    done = tq("migrate", "export", "q", "a.jsonl", "--mode", "drain", "--wait", "90")

    assert (done.lines[0], done.err) == ("stored\t5", "")


def test_an_eta_that_is_still_to_come_is_kept(tq, queue):
    queue.insert("later", name="a", eta=timedelta(hours=1))
    eta = queue.get("a").eta
    line = {"payload": "later", "name": "a", "eta_us": round(eta.timestamp() * 1_000_000)}
    header = {"format": "taskqueue-jsonl", "version": 1, "project": "p", "queue": "q"}
    Path("a.jsonl").write_text(
        f"{json.dumps({**header, 'trailer': False})}\n{json.dumps(line)}\n", "utf-8"
    )

    tq("migrate", "import", "a.jsonl", "q2")

    assert a_queue(tq, "q2").get("a").eta == eta


def test_to_copy_leaves_the_tasks_and_releases_them(tq, full):
    done = tq("migrate", "export", "q", "a.jsonl", "--mode", "copy", "--batch", "2")

    assert done.lines[0] == "stored\t5"
    assert "copying by lease raises each task's retry_count by one" in done.err
    again = full.lease(max_tasks=9)
    assert sorted(lease.name for lease in again) == list("abcde")
    assert {lease.retry_count for lease in again} == {2}
    assert {task.retry_count for task in tasks_in("a.jsonl")} == {0}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("words", ["tasks/lease", "newLeaseSeconds", "getStats"])
def test_a_copy_that_failed_is_taken_up_and_has_each_task_once(tq, full, words, after):
    good = tq.transport
    tq.transport = Failing(good, has(words), after=after)
    arguments = ("migrate", "export", "q", "a.jsonl", "--mode", "copy", "--batch", "2")
    failed = tq(*arguments)
    tq.transport = good

    done = tq(*arguments)

    assert (failed.code, done.code) == (8, 0)
    assert sorted(task.name for task in tasks_in("a.jsonl")) == list("abcde")
    assert len(full.lease(max_tasks=9)) == 5


def test_a_copy_whose_leases_end_early_has_each_task_once(tq, full):
    class Slow:
        def __init__(self, transport):
            self._transport = transport

        def send(self, request, timeout):
            response = self._transport.send(request, timeout)
            tq.clock.advance(7)
            return response

    tq.transport = Slow(tq.transport)

    done = tq(
        *("migrate", "export", "q", "a.jsonl", "--mode", "copy"),
        *("--batch", "2", "--lease-seconds", "10"),
    )

    assert done.code == 0
    assert sorted(task.name for task in tasks_in("a.jsonl")) == list("abcde")


def test_a_copy_that_is_taken_up_after_its_leases_ended_has_each_task_once(tq, full):
    good = tq.transport
    leases = 0

    def is_the_last(request):
        nonlocal leases
        leases += "tasks/lease" in request.url
        return leases > 5

    tq.transport = Failing(good, is_the_last)
    arguments = ("migrate", "export", "q", "a.jsonl", "--mode", "copy", "--batch", "1")
    failed = tq(*arguments)
    tq.transport = good
    tq.clock.advance(3_601)
    full.insert("late", name="f")

    done = tq(*arguments)

    assert (failed.code, done.code) == (8, 0)
    assert sorted(task.name for task in tasks_in("a.jsonl")) == list("abcdef")
    assert len(full.lease(max_tasks=9)) == 6


@pytest.fixture
def limited(tq, tmp_path):
    """A server whose queue deletes a task after five leases."""
    queues = tmp_path / "queue.yaml"
    queues.write_text(
        "queue:\n- name: q\n  mode: pull\n  retry_parameters:\n    task_retry_limit: 5\n"
    )
    app = create_app(durability="off", queues=queues)
    yield Tq(WsgiTransport(app), tq.clock)
    app.extensions["taskqueue"].store.close()


def test_a_queue_that_deletes_leased_tasks_is_copied_only_by_force(limited):
    a_queue(limited, "q").insert("x", name="a")
    arguments = ("migrate", "export", "q", "a.jsonl", "--mode", "copy")

    refused = limited(*arguments)
    forced = limited(*arguments, "--force")

    assert (refused.code, forced.code) == (1, 0)
    assert "the queue deletes tasks after 5 leases, tasks have had 0" in refused.err
    assert "or copy with --force" in refused.err


def test_a_dry_run_changes_nothing(tq, full, folder):
    done = tq("migrate", "export", "q", "a.jsonl", "--mode", "drain", "--dry-run")

    assert done.lines == ["tasks\t5", "refused\t0"]
    assert list(folder.iterdir()) == []
    assert {lease.retry_count for lease in full.lease(max_tasks=9)} == {1}


def test_a_dry_run_of_an_import_tells_what_would_be_refused(tq, full):
    header = '{"format": "taskqueue-jsonl", "version": 1, "project": "p", "queue": "q"'
    Path("a.jsonl").write_text(
        f'{header}, "trailer": false}}\n{{"payload": "x"}}\n'
        '{"payload": "x", "eta_us": 9000000000000000}\n',
        "utf-8",
    )

    done = tq("migrate", "import", "a.jsonl", "q2", "--dry-run")

    assert (done.code, done.lines) == (1, ["tasks\t2", "refused\t1"])
    assert done.err == "tq: 1 would be refused: its ETA is more than 30 days ahead\n"
    assert names_in(a_queue(tq, "q2")) == []


def test_a_queue_is_not_read_without_saying_how(tq, full):
    done = tq("migrate", "export", "q", "a.jsonl")

    assert (done.code, len(names_in(full))) == (1, 5)
    assert done.err == "tq: say with --mode how to read a queue: drain, copy or exact\n"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://x", "what can begins with"),
        ("tq+http://localhost:1", "is no address such as tq+http://localhost:8088/PROJECT/QUEUE"),
        ("tq:", "say which queue"),
    ],
)
def test_an_address_that_names_nothing_is_refused(tq, address, words):
    done = tq("migrate", "copy", address, "a.jsonl", "--mode", "drain")

    assert done.code == 1
    assert words in done.err


def test_a_rate_makes_small_batches_and_waits(tq, full):
    tq("migrate", "export", "q", "a.jsonl", "--mode", "drain", "--rate", "0.2")

    assert tq.clock.sleeps == [10.0, 10.0]


def test_progress_has_a_rate_and_what_is_left(tq, full):
    done = tq("migrate", "export", "q", "a.jsonl", "--mode", "drain", "--progress")

    assert done.err == "5 of 5 moved, 0/s\n"
