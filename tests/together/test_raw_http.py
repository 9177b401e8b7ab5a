"""Raw HTTP: literal bytes as programs without a client library send them, and the real curl."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from email import message_from_bytes

import pytest

from emulator.testing import Server
from tests.together.batch_shapes import JAVA, PHP, RUBY
from tests.together.walk import ids
from tests.together.wire_bytes import Answer, Wire, wire_to

_JSON = "Content-Type: application/json\r\n"
_FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    with wire_to(server) as wire:
        yield wire


@pytest.fixture
def tasks(project: str) -> str:
    """The path of a queue's tasks."""
    return f"/taskqueue/v1beta2/projects/s~{project}/taskqueues/q1/tasks"


@pytest.fixture
def ask(wire: Wire) -> Callable[..., Answer]:
    """Sends a request with a length, on one connection for the whole test."""

    def ask(verb: str, target: str, *, headers: str = "", body: str | bytes = b"") -> Answer:
        body = body.encode() if isinstance(body, str) else body
        wire.send(
            f"{verb} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n",
            body,
        )
        return wire.answer(verb)

    return ask


@pytest.fixture
def insert(ask: Callable[..., Answer], tasks: str) -> Callable[[str], None]:
    def insert(name: str) -> None:
        assert ask("POST", tasks, headers=_JSON, body=_task(name)).status == 200

    return insert


class TestBodies:
    def test_lease_takes_its_parameters_from_a_form(self, ask, tasks, insert):
        insert("a")

        leased = ask("POST", f"{tasks}/lease", headers=_FORM, body="leaseSecs=60&numTasks=1")

        assert ids(leased.json) == ["a"]

    def test_lease_takes_parameters_from_query_and_form_together(self, ask, tasks, insert):
        insert("a")

        leased = ask("POST", f"{tasks}/lease?numTasks=1", headers=_FORM, body="leaseSecs=60")

        assert ids(leased.json) == ["a"]

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            ("", b""),
            (_JSON, b""),
            (_JSON, b"{}"),
            (_FORM, b""),
            ("Content-Type: application/json\r\nContent-Encoding: gzip\r\n", gzip.compress(b"")),
        ],
        ids=["no type", "json without a body", "empty object", "empty form", "gzip of nothing"],
    )
    def test_lease_takes_whatever_stands_for_no_body(self, ask, tasks, insert, headers, body):
        insert("a")
        target = f"{tasks}/lease?numTasks=1&leaseSecs=60"

        assert ids(ask("POST", target, headers=headers, body=body).json) == ["a"]

    def test_an_insert_may_be_gzipped_and_chunked_as_java_does(self, wire, tasks):
        packed = gzip.compress(_task("a").encode())

        wire.send(
            f"POST {tasks} HTTP/1.1\r\nHost: localhost\r\n{_JSON}"
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            *_chunks(packed[:10], packed[10:]),
        )

        assert wire.answer("POST").json["id"] == "a"

    def test_a_lease_may_be_a_chunked_gzip_of_nothing_as_java_does(self, wire, tasks, insert):
        insert("a")

        wire.send(
            f"POST {tasks}/lease?numTasks=1&leaseSecs=60 HTTP/1.1\r\nHost: localhost\r\n{_FORM}"
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            *_chunks(gzip.compress(b"")),
        )

        assert ids(wire.answer("POST").json) == ["a"]

    def test_a_client_that_waits_for_100_continue_is_told_to_go_on(self, wire, tasks):
        body = _task("a")

        wire.send(
            f"POST {tasks} HTTP/1.1\r\nHost: localhost\r\n{_JSON}"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        )
        assert wire.line() == b"HTTP/1.1 100 Continue\r\n"
        assert wire.line() == b"\r\n"
        wire.send(body)

        assert wire.answer("POST").json["id"] == "a"

    def test_answers_are_gzipped_for_a_user_agent_that_says_gzip(self, ask, tasks, insert):
        insert("a")
        accept = "Accept-Encoding: gzip\r\nUser-Agent: "

        packed = ask("GET", tasks, headers=f"{accept}my program (gzip)\r\n")
        plain = ask("GET", tasks, headers=f"{accept}my program\r\n")

        assert packed.headers["content-encoding"] == "gzip"
        assert json.loads(gzip.decompress(packed.body)) == plain.json


class TestRequestLines:
    def test_paths_may_end_in_a_slash(self, ask, tasks):
        assert ask("POST", f"{tasks}/", headers=_JSON, body=_task("a")).json["id"] == "a"
        leased = ask("POST", f"{tasks}/lease/?numTasks=1&leaseSecs=60")
        assert ids(leased.json) == ["a"]
        assert ask("GET", f"{tasks}/a/").json["id"] == "a"
        assert ask("DELETE", f"{tasks}/a/?").status == 204

    @pytest.mark.parametrize("spelling", ["", "s~", "s%7E", "e~", "b%7e"])
    def test_a_project_is_one_under_every_prefix(self, ask, tasks, insert, spelling):
        insert("a")

        assert ids(ask("GET", tasks.replace("s~", spelling)).json) == ["a"]

    def test_the_target_may_be_a_whole_url(self, ask, server, tasks, insert):
        insert("a")

        assert ids(ask("GET", f"{server.url}{tasks}").json) == ["a"]

    def test_an_encoded_slash_in_a_name_is_refused(self, ask, tasks):
        answer = ask("GET", f"{tasks}/a%2Fb%20c")

        assert 400 <= answer.status < 500
        assert answer.json["error"]["code"] == answer.status

    @pytest.mark.parametrize(
        ("verb", "path"),
        [("PUT", "/a"), ("GET", "/a/b"), ("DELETE", ""), ("BREW", "/a"), ("PATCH", "")],
    )
    def test_what_no_method_has_is_not_found(self, ask, tasks, verb, path):
        answer = ask(verb, tasks + path)

        assert (answer.status, answer.json["error"]["message"]) == (404, "Not Found")

    def test_a_method_can_be_overridden_with_a_header(self, ask, tasks, insert):
        insert("a")
        ask("POST", f"{tasks}/lease?numTasks=1&leaseSecs=60")

        patched = ask(
            "POST",
            f"{tasks}/a?newLeaseSeconds=120",
            headers=f"{_JSON}X-HTTP-Method-Override: PATCH\r\n",
            body='{"queueName": "q1"}',
        )
        got = ask(
            "POST",
            f"{tasks}/a",
            headers=f"{_FORM}x-http-method-override: GET\r\n",
            body="fields=id",
        )
        deleted = ask("POST", f"{tasks}/a", headers="X-HTTP-Method-Override: DELETE\r\n")

        # An update without a leaseTimestamp would be refused, so this was a patch.
        assert patched.json["retry_count"] == 1
        assert got.json == {"id": "a"}
        assert deleted.status == 204


class TestConnections:
    def test_requests_of_all_kinds_share_a_connection(self, ask, tasks, insert):
        for name in "abc":
            insert(name)
        assert ask("GET", f"{tasks}/no").status == 404
        assert ask("POST", tasks, headers=_JSON, body="{").status == 400
        assert ask("HEAD", f"{tasks}/a").body == b""
        assert ask("DELETE", f"{tasks}/a").status == 204

        assert ids(ask("GET", tasks).json) == ["b", "c"]

    def test_requests_sent_at_once_are_answered_in_order(self, wire, tasks, insert):
        insert("a")

        one, other = (f"GET {tasks}/{name} HTTP/1.1\r\nHost: localhost\r\n\r\n" for name in "ax")
        wire.send(one + other)

        assert [wire.answer().status for _ in range(2)] == [200, 404]

    def test_a_server_closes_when_asked_to(self, wire, tasks):
        wire.send(f"GET {tasks} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

        assert wire.answer().status == 200
        assert wire.is_closed()

    def test_http_1_0_without_a_host_is_answered_and_closed(self, wire, tasks):
        wire.send(f"GET {tasks} HTTP/1.0\r\n\r\n")

        assert wire.answer().json == {"kind": "taskqueues#tasks"}
        assert wire.is_closed()

    def test_a_request_in_single_bytes_is_answered(self, wire, tasks):
        request = f"GET {tasks} HTTP/1.1\r\nHost: localhost\r\n\r\n"

        wire.send(*request)

        assert wire.answer().status == 200


class TestOtherVerbs:
    def test_head_is_get_without_a_body(self, ask, tasks, insert):
        insert("a")

        got, head = ask("GET", f"{tasks}/a"), ask("HEAD", f"{tasks}/a")

        assert (head.status, head.body) == (200, b"")
        assert head.headers["etag"] == got.headers["etag"]
        assert ask("HEAD", f"{tasks}/no").status == 404

    def test_options_name_the_verbs(self, ask, tasks):
        answer = ask("OPTIONS", f"{tasks}/a")

        assert answer.status == 204
        verbs = set(answer.headers["allow"].split(", "))
        assert verbs == {"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"}

    def test_an_unchanged_answer_is_not_sent_again(self, ask, tasks, insert):
        insert("a")
        tag = ask("GET", f"{tasks}/a").headers["etag"]

        again = ask("GET", f"{tasks}/a", headers=f"If-None-Match: {tag}\r\n")

        assert (again.status, again.body) == (304, b"")


_RUBY_IDS = [f"<response-0f6ad1c0-57e2-4c02-9b0e-1ad7a1d3d8d7+{number}>" for number in range(3)]


class TestBatches:
    @pytest.mark.parametrize("line_end", ["\r\n", "\n"], ids=["CRLF", "LF"])
    @pytest.mark.parametrize(
        ("path", "boundary", "shape", "content_ids"),
        [
            (
                "/batch/taskqueue/v1beta2",
                "__END_OF_PART__",
                JAVA,
                ["response-1", "response-2", "response-3"],
            ),
            ("/batch", "1872396104", PHP, ["response-i0", "response-i1", "response-i2"]),
            ("/batch?", "RubyApiBatchRequest", RUBY, _RUBY_IDS),
            ("/batch/taskqueue/v1beta1", '"RubyApiBatchRequest"', RUBY, _RUBY_IDS),
        ],
        ids=["Java", "PHP", "Ruby", "quoted boundary"],
    )
    def test_parts_are_answered_in_order_under_their_ids(
        self, ask, server, tasks, insert, path, boundary, shape, content_ids, line_end
    ):
        insert("old")
        body = shape.format(url=server.url, tasks=tasks, payload="eA==")
        headers = f"Content-Type: multipart/mixed; boundary={boundary}\r\n"

        answer = ask("POST", path, headers=headers, body=body.replace("\n", line_end))

        found, answers = zip(*_parts(answer), strict=True)
        assert list(found) == content_ids
        assert [each.status for each in answers] == [200, 404, 204]
        assert answers[0].json["id"] == "new"
        assert answers[1].json["error"]["message"] == "Task name does not exist."
        assert ids(ask("GET", tasks).json) == ["new"]

    def test_a_batch_may_be_gzipped_and_chunked(self, wire, server, tasks, insert):
        insert("old")
        body = JAVA.format(url=server.url, tasks=tasks, payload="eA==").replace("\n", "\r\n")

        wire.send(
            "POST /batch/taskqueue/v1beta2 HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: multipart/mixed; boundary=__END_OF_PART__\r\n"
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            *_chunks(gzip.compress(body.encode())),
        )

        assert [each.status for _, each in _parts(wire.answer("POST"))] == [200, 404, 204]

    def test_what_is_no_batch_is_refused(self, ask):
        answer = ask("POST", "/batch", headers=_JSON, body="{}")

        assert (answer.status, answer.json["error"]["errors"][0]["reason"]) == (400, "parseError")


class TestCurl:
    """What people type."""

    @pytest.fixture(scope="class")
    @staticmethod
    def curl() -> Callable[..., tuple[int, str]]:
        """Runs curl with arguments, and gives the status and what it wrote."""
        if (program := shutil.which("curl")) is None:
            pytest.skip("curl is not on the path")

        def curl(*arguments: str, given: str | None = None) -> tuple[int, str]:
            command = [program, "-q", "--silent", "--show-error", "--max-time", "20"]
            status = ["--write-out", "\n%{http_code}"]
            done = subprocess.run(
                [*command, *status, *arguments], input=given, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            written, _, code = done.stdout.rpartition("\n")
            return int(code), written

        return curl

    def test_a_task_goes_from_insert_to_delete(self, curl, server, tasks):
        url, json_type = server.url + tasks, ["-H", "Content-Type: application/json"]

        status, stored = curl(*json_type, "-d", _task("a"), url)
        assert (status, json.loads(stored)["id"]) == (200, "a")
        status, leased = curl("-d", "leaseSecs=60&numTasks=1", f"{url}/lease")
        assert (status, ids(json.loads(leased))) == (200, ["a"])
        patch = ["-X", "PATCH", "-d", '{"queueName": "q1"}', *json_type]
        status, renewed = curl(*patch, f"{url}/a?newLeaseSeconds=0")
        assert (status, json.loads(renewed)["retry_count"]) == (200, 1)
        assert curl("-X", "DELETE", f"{url}/a") == (204, "")
        assert curl(url) == (200, '{\n "kind": "taskqueues#tasks"\n}\n')

    def test_an_empty_post_leases(self, curl, server, tasks):
        url = f"{server.url}{tasks}/lease?numTasks=1&leaseSecs=60"

        assert curl("-X", "POST", url)[0] == 200
        assert curl("-X", "POST", "-d", "", url)[0] == 200

    def test_a_large_body_from_a_pipe_is_stored(self, curl, server, tasks):
        body = json.dumps({"id": "a", "payloadBase64": "A" * 1_398_100})
        json_type = ["-H", "Content-Type: application/json"]

        # Above 1 MiB curl waits for "100 Continue"; with -T from a pipe it sends chunks.
        url = server.url + tasks
        status, _ = curl(*json_type, "--data-binary", "@-", url, given=body)
        assert status == 200
        chunked = ["-X", "POST", "-T", "-"]
        status, _ = curl(*json_type, *chunked, url, given=body.replace('"a"', '"b"'))
        assert status == 200

    def test_through_a_proxy_setting_the_whole_url_is_asked_for(self, curl, server, tasks):
        proxy = ["--noproxy", "", "--proxy", server.url]

        assert curl(*proxy, f"http://localhost:{server.address[1]}{tasks}")[0] == 200

    @pytest.mark.parametrize("flag", ["--http1.0", "--http1.1", "--compressed", "--http2"])
    def test_any_version_and_compression_is_answered(self, curl, server, tasks, flag):
        status, written = curl(flag, "-A", "curl (gzip)", server.url + tasks)

        assert (status, json.loads(written)) == (200, {"kind": "taskqueues#tasks"})

    def test_head_and_options_are_answered(self, curl, server, tasks):
        status, head = curl("-I", server.url + tasks)
        assert (status, "etag:" in head) == (200, True)

        status, options = curl("-i", "-X", "OPTIONS", server.url + tasks)
        assert (status, "allow: " in options) == (204, True)

    def test_a_foreign_host_name_is_refused(self, curl, server, tasks):
        status, _ = curl("-H", "Host: evil.example", server.url + tasks)

        assert status == 403


def _task(name: str) -> str:
    return json.dumps({"id": name, "queueName": "q1", "payloadBase64": "eA=="})


def _chunks(*pieces: bytes) -> list[bytes]:
    """The body in chunks, one for each of *pieces*."""
    return [*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]


def _parts(batch: Answer) -> list[tuple[str, Answer]]:
    """The answers in the answer to a batch, each with its Content-ID."""
    assert batch.status == 200, batch.body
    kind, _, boundary = batch.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    pieces = batch.body.split(b"--" + boundary.encode())
    assert pieces[-1] == b"--\r\n"
    return [_part(piece) for piece in pieces[1:-1]]


def _part(text: bytes) -> tuple[str, Answer]:
    described, head, body = text.removeprefix(b"\r\n").split(b"\r\n\r\n", 2)
    line, _, headers = head.partition(b"\r\n")
    status = int(line.split()[1])
    answer = Answer(status, message_from_bytes(headers), body.removesuffix(b"\r\n"))
    return message_from_bytes(described)["content-id"], answer
