"""Moves over real sockets: exact exports, tokens, and servers that have no control API."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest

import emulator
from emulator.testing import Server
from tests.durability.process import ServerProcess, environment
from tests.together.listener import listening
from tests.together.test_tq_command import TQ
from tqsdk import Client
from tqsdk.migrate.moving.files import opened


@pytest.fixture
def ours(server: Server) -> Server:
    """A server with the control API."""
    return server


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server as any other: without."""
    process = ServerProcess(tmp_path_factory.mktemp("other"))
    yield process
    process.kill()


@pytest.fixture
def migrate(tmp_path):
    def run(*arguments):
        return subprocess.run(
            [TQ, "migrate", *arguments],
            cwd=tmp_path,
            env=environment(TASKQUEUE_TOKEN="that-of-another-server"),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def address(server, project, queue="q"):
    return f"tq+{server.url}/{project}/{queue}"


def a_queue(server, project, queue="q", **settings):
    return Client(project, endpoint=server.url, **settings).queue(queue)


def test_an_exact_copy_has_what_is_leased_and_what_is_not_due(ours, other, project, migrate):
    queue = a_queue(ours, project)
    queue.insert("leased", name="a")
    queue.lease(seconds=300)
    queue.insert("not due", name="b", eta=timedelta(hours=1), tag="red")
    eta = queue.get("b").eta

    done = migrate("copy", address(ours, project), address(other, project), "--mode", "exact")

    assert (done.returncode, done.stderr, done.stdout[:8]) == (0, "", "stored\t2")
    copied = a_queue(other, project)
    assert (copied.get("a").payload, copied.get("b").tag) == (b"leased", "red")
    assert copied.get("b").eta == eta
    assert not copied.lease(max_tasks=9)  # the lease of the first is kept, as an ETA
    verified = migrate("verify", address(ours, project), address(other, project))
    assert (verified.returncode, verified.stdout.splitlines()[-1]) == (0, "the same")


@pytest.mark.parametrize("command", [["copy", "--mode", "exact"], ["verify"]])
def test_a_queue_that_the_server_does_not_know_is_an_error(migrate, command):
    with emulator.running(queues=["mail", "post"]) as server:
        wrong = migrate(*command, address(server, "p", "mial"), address(server, "p", "post"))
        right = migrate(*command, address(server, "p", "mail"), address(server, "p", "post"))

    assert (wrong.returncode, right.returncode) == (3, 0)
    assert "queue 'mial': 404 Queue not found" in wrong.stderr


def test_tasks_keep_their_queues_where_the_address_names_none(ours, other, project, migrate):
    for queue in "one", "two":
        a_queue(ours, project, queue).insert(queue, name="a")
    whole = f"tq+{ours.url}/{project}", f"tq+{other.url}/{project}"

    done = migrate("copy", *whole, "--mode", "exact", "--batch", "1")

    assert (done.returncode, done.stderr) == (0, "")
    assert a_queue(other, project, "one").get("a").payload == b"one"
    assert a_queue(other, project, "two").get("a").payload == b"two"


def test_an_export_has_how_often_a_task_was_leased_and_when_it_was_inserted(
    ours, project, migrate, tmp_path
):
    queue = a_queue(ours, project)
    queue.insert("x", name="a")
    queue.lease()[0].release()

    migrate("export", address(ours, project), "a.jsonl", "--mode", "exact")

    with opened(tmp_path / "a.jsonl") as records:
        [record] = records
    assert (record.retry_count, record.eta_given) == (1, False)
    assert record.enqueued_at == queue.get("a").enqueued_at.timestamp() * 1_000_000


def test_other_servers_have_no_exact_export(other, project, migrate):
    done = migrate("export", address(other, project), "a.jsonl", "--mode", "exact")

    assert done.returncode == 1
    assert "an exact export, which only `tq-emulator serve --control` has" in done.stderr


def test_few_tasks_of_any_server_can_be_verified(ours, other, project, migrate):
    for server in ours, other:
        a_queue(server, project).insert_many(str(number) for number in range(3))

    done = migrate("verify", address(other, project), address(other, project))
    differing = migrate("verify", address(ours, project), address(other, project))

    assert (done.returncode, differing.returncode) == (0, 1)
    assert "only in A: 3" in differing.stdout


def test_many_tasks_of_other_servers_cannot(other, project, migrate):
    a_queue(other, project).insert_many(str(number) for number in range(101))

    done = migrate("verify", address(other, project), address(other, project))

    assert done.returncode == 1
    assert "no more than 100 tasks of a queue can be seen, and q has 101" in done.stderr


def test_a_token_is_for_its_server_alone(project, migrate, tmp_path):
    (tmp_path / "token").write_text("sesame\n")
    (tmp_path / "one.jsonl").write_text(
        '{"format": "taskqueue-jsonl", "version": 1, "project": "p", "queue": "q",'
        ' "trailer": false}\n{"payload": "x"}\n'
    )
    answer = {"kind": "taskqueues#taskqueue", "id": "q", "stats": {"totalTasks": 0}}
    with listening(answer) as source, listening({}) as target:
        from_, to = (f"tq+{each.url}/{project}/q" for each in (source, target))
        migrate("copy", from_, "a.jsonl", "--mode", "drain", "--from-token-file", "token")
        assert set(source.authorizations) == {"Bearer sesame"}
        migrate("verify", from_, "a.jsonl")
        migrate("copy", "one.jsonl", to, "--from-token-file", "token")

    assert set(source.authorizations) == {"Bearer sesame", None}
    assert set(target.authorizations) == {None}


def test_a_control_token_opens_the_exact_export(project, migrate, tmp_path):
    (tmp_path / "token").write_text("sesame\n")
    with emulator.running(control_token="sesame") as server:
        a_queue(server, project).insert("x")
        arguments = ("export", address(server, project), "a.jsonl", "--mode", "exact")

        without = migrate(*arguments)
        done = migrate(*arguments, "--from-token-file", "token")

    assert (without.returncode, done.returncode) == (1, 0)
    assert "answers 401" in without.stderr
