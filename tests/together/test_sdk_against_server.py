"""tqsdk against a running server: all methods, its errors, and the README's examples."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import emulator
from emulator.testing import Server
from tests.together.conftest import names
from tqsdk import (
    Client,
    ConnectError,
    InvalidArgumentError,
    LeaseLostError,
    Limits,
    NotFoundError,
    PayloadTooLargeError,
    QueueNotFoundError,
    RetryPolicy,
    TaskExistsError,
    TaskNotFoundError,
    TaskTombstonedError,
)

_README = Path(__file__).parents[2] / "README.md"
_AT_ONCE = RetryPolicy(base=0)


class TestEveryMethod:
    @pytest.mark.parametrize(
        "payload",
        [b"", b"\0", bytes(range(256)), "na\u00efve \U0001f600".encode(), b"\xff" * (1 << 20)],
        ids=["nothing", "NUL", "every byte", "text", "1 MiB"],
    )
    def test_payloads_come_back_byte_for_byte(self, queue, payload):
        task = queue.insert(payload)

        assert queue.get(task.name).payload == payload
        assert [lease.payload for lease in queue.lease()] == [payload]

    def test_an_inserted_task_is_as_it_was_given(self, queue, project):
        before = datetime.now(UTC)

        task = queue.insert("hello", name="a", tag="red")

        assert (task.name, task.tag, task.text()) == ("a", "red", "hello")
        assert (task.retry_count, task.lease_token, task.eta) == (0, 0, None)
        assert abs(task.enqueued_at - before) < timedelta(seconds=10)
        assert queue.get("a").project == f"s~{project}"

    def test_generated_names_keep_the_order_of_insertion(self, queue):
        tasks = [queue.insert(str(number)) for number in range(20)]

        assert [task.name for task in queue.list()] == [task.name for task in tasks]
        assert [lease.text() for lease in queue.lease(max_tasks=20)] == [str(n) for n in range(20)]

    def test_leased_tasks_are_hidden_from_other_clients(self, queue, server, project):
        queue.insert(b"x", name="a")
        leases = queue.lease(seconds=60)

        with Client(f"s~{project}", endpoint=server.url) as other:
            assert len(other.queue("q1").lease()) == 0
        assert (leases[0].retry_count, leases[0].settled) == (1, False)
        assert 50 < leases[0].seconds_left <= 60

    def test_leases_can_be_grouped_by_tag(self, queue):
        for name, tag in ("a", "red"), ("b", None), ("c", "red"), ("d", "blue"):
            queue.insert(b"x", name=name, tag=tag)

        assert names(queue.lease(max_tasks=9, tag="blue")) == ["d"]
        assert names(queue.lease(max_tasks=9, group_by_tag=True)) == ["a", "c"]
        assert names(queue.lease(max_tasks=9, group_by_tag=True)) == ["b"]

    def test_a_renewal_moves_the_end_and_the_token(self, queue):
        queue.insert(b"x", name="a")
        [lease] = queue.lease(seconds=60)
        old = lease.task.lease_token

        lease.renew(600)
        lease.renew(700)

        assert lease.task.lease_token > old + 600_000_000
        assert lease.seconds_left > 650
        assert queue.get("a").lease_token == lease.task.lease_token

    def test_a_released_task_is_leased_again_at_once(self, queue):
        queue.insert(b"x", name="a")
        [lease] = queue.lease(seconds=600)

        lease.release()

        [again] = queue.lease()
        assert (again.name, again.retry_count) == ("a", 2)

    def test_leaving_the_block_releases_what_is_left(self, queue):
        for name in "abc":
            queue.insert(b"x", name=name)

        with queue.lease(max_tasks=3) as leases:
            leases[1].delete()

        assert names(queue.lease(max_tasks=3)) == ["a", "c"]

    def test_a_deleted_task_is_gone_and_its_name_stays_taken(self, queue):
        queue.insert(b"x", name="a")

        queue.delete("a")

        assert queue.list() == []
        with pytest.raises(TaskNotFoundError):
            queue.delete("a")
        queue.delete("a", missing_ok=True)
        with pytest.raises(TaskTombstonedError) as refusal:
            queue.insert(b"y", name="a")
        assert not refusal.value.ambiguous

    def test_a_task_called_lease_is_like_any_other(self, queue):
        queue.insert(b"x", name="lease")
        [lease] = queue.lease(seconds=60)

        lease.renew(600)

        assert queue.get("lease").lease_token == lease.task.lease_token
        lease.delete()

    def test_a_task_with_an_eta_waits_for_it(self, queue):
        now = datetime.now(UTC)
        queue.insert(b"x", name="later", eta=timedelta(hours=1))
        queue.insert(b"x", name="due", eta=now - timedelta(hours=1))

        assert names(queue.lease(max_tasks=9)) == ["due"]
        later = queue.get("later")
        assert abs(later.eta - now - timedelta(hours=1)) < timedelta(minutes=1)
        assert later.lease_expires_at is None

    def test_statistics_count_tasks_and_leases(self, queue):
        assert (queue.stats().total_tasks, queue.stats().oldest_task) == (0, None)
        for name in "abc":
            queue.insert(b"x", name=name)
        queue.lease(max_tasks=2)

        stats = queue.stats()

        assert (stats.total_tasks, stats.leased_last_minute, stats.leased_last_hour) == (3, 2, 2)
        assert abs(stats.oldest_task - datetime.now(UTC)) < timedelta(minutes=1)

    def test_many_clients_get_every_task_once(self, server, project, queue):
        wanted = [queue.insert(str(number)).name for number in range(60)]

        with ThreadPoolExecutor(4) as threads:
            got = threads.map(lambda _: _lease_until_empty(server, project), range(4))

        assert sorted(name for each in got for name in each) == sorted(wanted)


class TestErrors:
    def test_a_task_that_never_was_is_not_found(self, queue):
        with pytest.raises(TaskNotFoundError) as refusal:
            queue.get("never")

        assert (refusal.value.status, refusal.value.code) == (404, "UNKNOWN_TASK")

    def test_a_taken_name_is_refused_and_the_task_stays(self, queue):
        queue.insert(b"first", name="a")

        with pytest.raises(TaskExistsError) as refusal:
            queue.insert(b"second", name="a")

        assert (refusal.value.code, refusal.value.task) == ("TASK_ALREADY_EXISTS", "a")
        assert queue.get("a").payload == b"first"

    def test_a_lease_that_someone_else_has_now_is_lost(self, queue):
        queue.insert(b"x", name="a")
        [lease] = queue.lease(seconds=0)
        queue.lease(seconds=60)

        with pytest.raises(LeaseLostError):
            lease.renew(60)

        assert lease.settled

    def test_the_lease_of_a_deleted_task_is_lost(self, queue):
        queue.insert(b"x", name="a")
        [lease] = queue.lease()
        queue.delete("a")

        with pytest.raises(LeaseLostError):
            lease.renew(60)

    def test_the_server_refuses_what_the_client_lets_through(self, server, project):
        with Client(project, endpoint=server.url, limits=Limits.none()) as client:
            queue = client.queue("q1")

            with pytest.raises(PayloadTooLargeError):
                queue.insert(b"x" * ((1 << 20) + 1))
            with pytest.raises(PayloadTooLargeError):
                queue.insert(b"x" * (3 << 20))
            with pytest.raises(InvalidArgumentError):
                queue.insert(b"x", tag="x" * 501)
            with pytest.raises(InvalidArgumentError):
                queue.insert(b"x", eta=timedelta(days=31))
            with pytest.raises(InvalidArgumentError):
                queue.lease(max_tasks=1001)
            with pytest.raises(InvalidArgumentError):
                queue.lease(seconds=604_801)

    def test_an_endpoint_with_a_wrong_path_is_not_found(self, server, project):
        elsewhere = f"{server.url}/elsewhere"

        with Client(project, endpoint=elsewhere) as client, pytest.raises(NotFoundError) as refusal:
            client.queue("q1").list()

        assert not isinstance(refusal.value, QueueNotFoundError)

    def test_a_server_that_is_not_there_cannot_be_reached(self, project):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        nowhere = Client(project, endpoint=f"http://127.0.0.1:{port}", retry=_AT_ONCE)
        with nowhere as client, pytest.raises(ConnectError) as error:
            client.queue("q1").insert(b"x")

        assert error.value.attempts == 5


class TestConfiguredQueues:
    @pytest.fixture(scope="module")
    @staticmethod
    def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        """A server with a queue.yaml, so without other queues."""
        folder = tmp_path_factory.mktemp("configured")
        (folder / "queue.yaml").write_text(
            "queue:\n"
            "- name: q1\n"
            "  mode: pull\n"
            "  retry_parameters: {task_retry_limit: 2}\n"
            "  acl:\n"
            "  - user_email: worker@example.com\n"
            "  - writer_email: writer@example.com\n"
        )
        with emulator.running(mode="process", queues=folder / "queue.yaml") as running:
            yield running

    @pytest.fixture
    def client(self, configured: Server, project: str) -> Iterator[Client]:
        with Client(project, endpoint=configured.url) as client:
            yield client

    def test_a_queue_that_is_not_listed_is_not_found(self, client):
        with pytest.raises(QueueNotFoundError) as refusal:
            client.queue("unlisted").insert(b"x")

        assert (refusal.value.status, refusal.value.code) == (404, "UNKNOWN_QUEUE")

    def test_a_queue_tells_of_its_settings(self, client):
        info = client.queue("q1").info()

        assert (info.name, info.max_leases, info.stats) == ("q1", 2, None)
        assert info.acl.consumer_emails == ("worker@example.com",)
        assert info.acl.producer_emails == ("writer@example.com",)

    def test_a_task_is_deleted_when_it_has_been_leased_too_often(self, client):
        queue = client.queue("q1")
        queue.insert(b"x", name="a")

        counts = [[lease.retry_count for lease in queue.lease(seconds=0)] for _ in range(3)]

        assert counts == [[1], [2], []]
        assert queue.list() == []


class TestReadme:
    def test_the_example_of_tqsdk_runs_as_it_stands(self, server):
        example, _ = _examples()

        said = _pasted(example, server)

        assert "Hello, Ada!" in said.splitlines()
        with Client("my-app", endpoint=server.url) as client:
            assert client.queue("mail").list() == []

    def test_the_example_of_googles_client_runs_as_it_stands(self, server):
        _, example = _examples()

        said = _pasted(example, server)

        assert "'payloadBase64': 'SGVsbG8sIEFkYSE='" in said
        with Client("my-app", endpoint=server.url) as client:
            assert client.queue("mail").list() == []
            assert client.queue("mail").stats().leased_last_hour >= 1


def _lease_until_empty(server: Server, project: str) -> list[str]:
    got: list[str] = []
    with Client(project, endpoint=server.url) as client:
        while leases := client.queue("q1").lease(max_tasks=3):
            got += names(leases)
    return got


def _examples() -> list[str]:
    """The blocks of Python in the README."""
    return re.findall(r"^```python\n(.*?)^```", _README.read_text(encoding="utf-8"), re.M | re.S)


def _pasted(example: str, server: Server) -> str:
    """What an interactive Python says when *example* is pasted, with the server's port in it."""
    assert "127.0.0.1:8088" in example
    done = subprocess.run(
        [sys.executable, "-i", "-q"],
        input=example.replace("127.0.0.1:8088", server.host),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Error" not in done.stderr, done.stderr
    return done.stdout
