"""Bad input is refused with the documented reason, on every method, and never with a 500."""

from __future__ import annotations

import base64
import json

import pytest

from tests.wire.envelope import message, reason

MEBIBYTE = 1 << 20

BODY_CALLS = [
    pytest.param("POST", "/tasks", id="insert"),
    pytest.param("POST", "/tasks/a?newLeaseSeconds=1", id="update"),
    pytest.param("PATCH", "/tasks/a?newLeaseSeconds=1", id="patch"),
]
ALL_CALLS = [
    *BODY_CALLS,
    pytest.param("GET", "", id="get queue"),
    pytest.param("GET", "/tasks", id="list"),
    pytest.param("GET", "/tasks/a", id="get"),
    pytest.param("DELETE", "/tasks/a", id="delete"),
    pytest.param("POST", "/tasks/lease?numTasks=1&leaseSecs=1", id="lease"),
]
NO_INTEGERS = ["", "x", "1.0", " 1", "1_0", "٣", 1.5, 1e300, True, [], {}]
HUGE = [10**30, -(10**30), 10**400, 2**63, -(2**63) - 1]
NO_TEXT = ["\\u0000", "a\\u0000b", "\\ud800", "\\udfff", "\\udc00\\ud800"]
NO_QUEUES = ["q_q", "q.q", "%FF", "%ED%A0%80", "%00", "q%0A", "q" * 101, "%C3%A9"]
NO_TASKS = [{"tag": 5}, {"id": "a.b"}, {"payloadBase64": "#"}, {"leaseTimestamp": -1}]

every_body_call = pytest.mark.parametrize(("verb", "rest"), BODY_CALLS)
every_call = pytest.mark.parametrize(("verb", "rest"), ALL_CALLS)


@every_body_call
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"}",
        b"{'id': 'a'}",
        b'{"id": "a",}',
        b'{"id": "a"} x',
        b'{"id": "a"}{}',
        b'{id: "a"}',
        b'{"id": "a\nb"}',
        b'{"id": "\\x"}',
        b'{"id": 01}',
        b'{"id": +1}',
        b"\xff",
        b'{"id": "\xff"}',
        b'{"id": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b"\x00",
        b'{"id": "a", "x": NaN}',
        b'{"id": "a", "x": -Infinity}',
        b"[]",
        b'"a"',
        b"5",
        b"null",
        "{}".encode("utf-16"),
    ],
)
def test_malformed_json_is_a_parse_error(wire, verb, rest, body):
    assert reason(wire.send(verb, rest, body)) == "parseError"


@every_body_call
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"a":['])
def test_deep_nesting_is_a_parse_error(wire, verb, rest, opening):
    assert reason(wire.send(verb, rest, opening * 200_000)) == "parseError"


@pytest.mark.parametrize("depth", [10, 500, 5_000, 100_000])
def test_deep_nesting_that_is_json_does_not_make_the_server_fail(wire, depth):
    body = b'{"payloadBase64": "", "x": %s}' % (b"[" * depth + b"]" * depth)

    got = wire.send("POST", "/tasks", body)

    assert got.status == 200 or reason(got) == "parseError"


@every_body_call
@pytest.mark.parametrize("name", ["id", "queueName", "payloadBase64", "tag", "kind"])
@pytest.mark.parametrize("value", [5, 1.5, True, [], {}, ["a"], 10**30])
def test_a_member_that_should_be_a_string_is_named(wire, verb, rest, name, value):
    got = wire.send(verb, rest, {name: value})

    assert reason(got) == "invalid"
    assert name in message(got)


@every_body_call
@pytest.mark.parametrize("name", ["leaseTimestamp", "enqueueTimestamp", "retry_count"])
@pytest.mark.parametrize("value", [*NO_INTEGERS, *HUGE])
def test_a_member_that_should_be_an_integer_is_named(wire, verb, rest, name, value):
    got = wire.send(verb, rest, {name: value})

    assert reason(got) == "invalid"
    assert name in message(got)


@every_body_call
@pytest.mark.parametrize("digits", [b"9" * 5_000, b'"%s"' % (b"9" * 5_000), b"9" * 1_000_000])
def test_thousands_of_digits_are_refused(wire, verb, rest, digits):
    got = wire.send(verb, rest, b'{"leaseTimestamp": %s}' % digits)

    assert reason(got) in ("invalid", "parseError")


@pytest.mark.parametrize("digits", ["9" * 30, "9" * 400, "9" * 5_000, "-" + "9" * 5_000])
@pytest.mark.parametrize(
    ("verb", "rest", "name"),
    [
        ("POST", "/tasks/lease?leaseSecs=1&numTasks=", "numTasks"),
        ("POST", "/tasks/lease?numTasks=1&leaseSecs=", "leaseSecs"),
        ("POST", "/tasks/a?newLeaseSeconds=", "newLeaseSeconds"),
        ("PATCH", "/tasks/a?newLeaseSeconds=", "newLeaseSeconds"),
    ],
)
def test_thousands_of_digits_in_a_query_are_refused(wire, verb, rest, name, digits):
    got = wire.send(verb, rest + digits, {"queueName": wire.queue})

    assert reason(got) == "invalidParameter"
    assert name in got.body.decode()
    assert len(got.body) < 1_000


@pytest.mark.parametrize("seconds", [-1, -604_800, -(2**31)])
def test_a_negative_lease_is_refused(wire, seconds):
    wire.insert(id="a")

    lease = wire.send("POST", f"/tasks/lease?numTasks=1&leaseSecs={seconds}")
    update = wire.send("POST", f"/tasks/a?newLeaseSeconds={seconds}")

    assert reason(lease) == reason(update) == "invalidParameter"
    assert b'"retry_count": 0' in wire.send("GET", "/tasks/a").body


def test_a_required_parameter_must_be_there_once(wire):
    assert reason(wire.send("POST", "/tasks/lease?numTasks=1")) == "required"
    assert reason(wire.send("PATCH", "/tasks/a", {"queueName": wire.queue})) == "required"
    twice = wire.send("POST", "/tasks/lease?numTasks=1&leaseSecs=1&leaseSecs=1")
    assert reason(twice) == "invalidParameter"


@every_call
@pytest.mark.parametrize("spelled", ["%FF", "%ED%A0%80", "%C3", "%00", "%F5%80%80%80", "%C0%80"])
def test_bytes_that_are_no_text_are_refused_in_a_known_parameter(wire, verb, rest, spelled):
    joint = "&" if "?" in rest else "?"

    got = wire.send(verb, f"{rest}{joint}quotaUser={spelled}", {})

    assert reason(got) == "invalid"


@pytest.mark.parametrize("spelled", ["%FF", "%ED%A0%80", "%00", "a%00", "%EF%BF%BF", "%0A", "%20"])
@pytest.mark.parametrize("verb", ["GET", "DELETE", "PATCH"])
def test_bytes_that_are_no_name_are_refused_in_a_path(wire, verb, spelled):
    got = wire.send(verb, f"/tasks/{spelled}?newLeaseSeconds=1", {"queueName": wire.queue})

    assert reason(got) == "invalid"
    assert message(got) == "Task name is invalid."


@pytest.mark.parametrize("name", ["id", "tag", "queueName", "payloadBase64", "kind"])
@pytest.mark.parametrize("escaped", NO_TEXT)
@every_body_call
def test_nul_and_lone_surrogates_are_refused_in_every_string(wire, verb, rest, name, escaped):
    got = wire.send(verb, rest, f'{{"{name}": "{escaped}"}}'.encode())

    assert reason(got) == "invalid"


@pytest.mark.parametrize("escaped", ["\\u0000", "\\ud800"])
def test_nul_and_lone_surrogates_are_refused_in_unknown_members_too(wire, escaped):
    got = wire.send("POST", "/tasks", f'{{"payloadBase64": "", "other": "{escaped}"}}'.encode())

    assert reason(got) == "invalid"


def test_a_pair_of_surrogates_is_a_letter(wire):
    got = wire.send("POST", "/tasks", b'{"payloadBase64": "", "tag": "\\ud83d\\ude00"}')

    assert json.loads(got.body)["tag"] == "\N{GRINNING FACE}"


def test_of_duplicate_members_the_last_counts(wire):
    got = wire.send("POST", "/tasks", b'{"payloadBase64": "", "tag": "one", "tag": "two"}')

    assert json.loads(got.body)["tag"] == "two"


def test_a_payload_may_have_a_mebibyte_and_not_a_byte_more(wire):
    most = base64.urlsafe_b64encode(bytes(range(256)) * (MEBIBYTE // 256)).decode()
    more = base64.urlsafe_b64encode(bytes(MEBIBYTE + 1)).decode()

    accepted = wire.insert(id="a", payloadBase64=most)
    refused = wire.insert(id="b", payloadBase64=more)

    assert json.loads(accepted.body)["payloadBase64"] == most
    assert json.loads(wire.send("GET", "/tasks/a").body)["payloadBase64"] == most
    assert reason(refused) == "invalid"
    assert dict(refused.headers)["x-taskqueue-error"] == "TASK_TOO_LARGE"


def test_name_and_tag_do_not_count_to_the_mebibyte(wire):
    payload = base64.urlsafe_b64encode(bytes(MEBIBYTE)).decode()

    got = wire.insert(id="a" * 500, tag="t" * 500, payloadBase64=payload)

    assert got.status == 200


@every_call
def test_a_body_over_two_mebibytes_is_413(wire, verb, rest):
    got = wire.send(verb, rest, b" " * (2 * MEBIBYTE + 1))

    assert (got.status, reason(got)) == (413, "uploadTooLarge")


def test_a_body_of_two_mebibytes_is_read(wire):
    members = b'{"id": "a", "payloadBase64": ""}'

    got = wire.send("POST", "/tasks", members + b" " * (2 * MEBIBYTE - len(members)))

    assert got.status == 200


@every_call
@pytest.mark.parametrize("queue", NO_QUEUES)
def test_a_malformed_queue_is_refused_by_every_method(wire, verb, rest, queue):
    got = type(wire)(wire.front, queue).send(verb, rest, {"id": "a", "leaseTimestamp": "1"})

    assert reason(got) == "invalid"
    assert message(got) == "Queue name is invalid."


@pytest.mark.parametrize("wrong", NO_TASKS)
def test_a_refused_insert_stores_nothing(wire, wrong):
    reason(wire.insert(**wrong))

    assert json.loads(wire.send("GET", "/tasks").body) == {"kind": "taskqueues#tasks"}
