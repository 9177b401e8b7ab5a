"""A batch to the byte, and answers that cannot be trusted."""

from __future__ import annotations

import pytest

from tests.tqsdk.batches import ids, multipart, part, parts
from tqsdk import ArgumentError, Request, Response
from tqsdk.multipart import enclose
from tqsdk.testing import answer

URL = "http://h/taskqueue/v1beta2/projects/p/taskqueues/q"
COMMON = {"Accept": "application/json", "Authorization": "Bearer t"}


@pytest.fixture
def envelope():
    return enclose([Request("GET", f"{URL}/tasks/{n}", COMMON) for n in "abc"], endpoint="http://h")


def ok(text):
    return answer({"is": text})


def bodies(answers):
    return [None if each is None else each.body for each in answers]


def test_a_batch_goes_to_the_path_in_the_contract(envelope):
    assert envelope.request.method == "POST"
    assert envelope.request.url == "http://h/batch/taskqueue/v1beta2"


def test_what_all_parts_share_is_sent_once_outside():
    lease = {**COMMON, "X-TaskQueue-Attempt": "1"}
    body = {**COMMON, "Content-Type": "application/json"}

    request = enclose(
        [Request("POST", f"{URL}/a", lease), Request("POST", f"{URL}/b?c=d", body, b"{}")],
        endpoint="http://h",
    ).request

    assert {name: request.headers[name] for name in COMMON} == COMMON
    assert parts(request) == [
        b"POST /taskqueue/v1beta2/projects/p/taskqueues/q/a HTTP/1.1\r\n"
        b"X-TaskQueue-Attempt: 1\r\n\r\n",
        b"POST /taskqueue/v1beta2/projects/p/taskqueues/q/b?c=d HTTP/1.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    ]


def test_an_endpoint_below_a_path_is_not_named_in_the_parts():
    url = "http://h/proxy/taskqueue/x"

    request = enclose([Request("GET", url), Request("GET", url)], endpoint="http://h/proxy").request

    assert request.url == "http://h/proxy/batch/taskqueue/v1beta2"
    assert parts(request)[0].startswith(b"GET /taskqueue/x HTTP/1.1\r\n")


def test_a_header_cannot_become_two():
    requests = [Request("GET", URL, {"A": "1\r\nB: 2"}), Request("GET", URL)]

    with pytest.raises(ArgumentError, match="line break"):
        enclose(requests, endpoint="http://h")


def test_answers_are_matched_by_id_whatever_their_order(envelope):
    a, b, c = ids(envelope.request)

    answers = envelope.answers(multipart([part(c, ok(3)), part(a, ok(1)), part(b, ok(2))]))

    assert bodies(answers) == [ok(1).body, ok(2).body, ok(3).body]


def test_an_answer_is_whole(envelope):
    a, *_ = ids(envelope.request)
    refused = Response(404, {"X-TaskQueue-Error": "UNKNOWN_TASK"}, b"\r\n{}\r\n\r\n--b_2\r\n")

    [got, *_] = envelope.answers(multipart([part(a, refused)]))

    assert (got.status, got.body) == (404, refused.body)
    assert got.header("x-taskqueue-error") == "UNKNOWN_TASK"


def test_a_boundary_may_be_quoted(envelope):
    a, *_ = ids(envelope.request)
    answer = multipart([part(a, ok(1))])
    quoted = Response(200, {"content-type": 'Multipart/Mixed; boundary="b_1"'}, answer.body)

    assert bodies(envelope.answers(quoted))[0] == ok(1).body


def test_an_answer_of_another_batch_is_no_answer(envelope):
    other = enclose([Request("GET", URL)] * 3, endpoint="http://h")

    answers = envelope.answers(multipart([part(id, ok(1)) for id in ids(other.request)]))

    assert answers == [None, None, None]


def test_an_id_that_comes_twice_answers_nothing(envelope):
    a, b, c = ids(envelope.request)

    answers = envelope.answers(multipart([part(id, ok(id)) for id in (a, b, b, c)]))

    assert bodies(answers) == [ok(a).body, None, ok(c).body]


def test_missing_and_extra_parts_disturb_no_other(envelope):
    a, _, c = ids(envelope.request)

    answers = envelope.answers(multipart([part(id, ok(id)) for id in (a, "more+7", c)]))

    assert bodies(answers) == [ok(a).body, None, ok(c).body]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"HTTP/1.1 200 Some Reason", b"HTTP/1.1 2000 Some Reason"),
        (b"HTTP/1.1 200 Some Reason", b"200 OK"),
        (b"Content-Length: 9", b"Content-Length: 10"),
        (b"Content-Length: 9", b"Content-Length: 7"),
        (b"Content-Length: 9", b"Content-Length: -1"),
        (b"Content-Length: 9", b"Content-Length: 9\r\nContent-Encoding: gzip"),
        (b"Content-Type: application/http", b"Content-Type: text/html"),
        (b"Content-ID: <response-", b"Content-ID: <"),
        (b"Content-ID: <response-", b"X-ID: <response-"),
        (b"\r\n\r\n{", b"\r\n{"),
    ],
)
def test_a_garbled_part_is_no_answer_and_disturbs_no_other(envelope, good, bad):
    a, b, c = ids(envelope.request)
    garbled = part(b, ok(2))
    assert good in garbled

    answers = envelope.answers(
        multipart([part(a, ok(1)), garbled.replace(good, bad), part(c, ok(3))])
    )

    assert bodies(answers) == [ok(1).body, None, ok(3).body]


def test_of_an_answer_without_an_end_the_last_part_is_not_trusted(envelope):
    pieces = [part(id, ok(id)) for id in ids(envelope.request)]

    answers = envelope.answers(multipart(pieces, end=b""))

    assert [each is None for each in answers] == [False, False, True]


def test_every_beginning_of_an_answer_gives_nothing_but_whole_parts(envelope):
    whole = multipart([part(id, ok(id)) for id in ids(envelope.request)])
    right = envelope.answers(whole)

    for length in range(len(whole.body)):
        answers = envelope.answers(Response(200, whole.headers, whole.body[:length]))

        assert all(got in (None, want) for got, want in zip(answers, right, strict=True))
        assert answers[2] is None or length >= len(whole.body) - len("--\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "multipart/mixed"},
        {"Content-Type": "multipart/mixed; boundary="},
        {"Content-Type": "multipart/mixed; boundary=other"},
    ],
)
def test_what_is_no_batch_answers_nothing(envelope, headers):
    body = multipart([part(id, ok(1)) for id in ids(envelope.request)]).body

    assert envelope.answers(Response(200, headers, body)) == [None, None, None]
