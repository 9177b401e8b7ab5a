from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from discovery import contract
from tqsdk import ArgumentError, Response, ServerError, calls
from tqsdk.testing import answer

CONTRACT = contract.load("v1beta2")

CALLS: list[calls.Call[Any]] = [
    calls.get_queue("p", "q", stats=True),
    calls.insert_task("p", "q", payload=b"x", name="t", tag="red", eta=5),
    calls.lease_tasks("p", "q", max_tasks=2, seconds=3, tag="red"),
    calls.list_tasks("p", "q"),
    calls.get_task("p", "q", "t"),
    calls.delete_task("p", "q", "t"),
    calls.update_task("p", "q", "t", seconds=60, lease_token=7, retry_count=1),
    calls.patch_task("p", "q", "t", seconds=60),
]


def body_of(call: calls.Call[Any]) -> Any:
    body = call.request("http://h", {}).body
    return None if body is None else json.loads(body)


def test_every_method_of_the_contract_has_a_call():
    assert {call.operation for call in CALLS} == set(CONTRACT.methods)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
def test_a_call_sends_what_the_contract_asks_for(call):
    method = CONTRACT.methods[call.operation]
    names = {"project": "p", "taskqueue": "q", "task": "t"}

    request = call.request("http://h/base", {})

    url = urlsplit(request.url)
    assert request.method == method.verb
    assert url.path == "/base" + CONTRACT.base_path + method.path.format(**names)
    query = set(parse_qs(url.query))
    in_query = {p.name: p for p in method.parameters.values() if p.location == "query"}
    assert query <= set(in_query)
    assert {name for name, parameter in in_query.items() if parameter.required} <= query
    assert (request.body is not None) == (method.request is not None)


def test_an_insert_spells_its_task_for_the_wire():
    assert body_of(CALLS[1]) == {
        "queueName": "q",
        "payloadBase64": "eA==",
        "id": "t",
        "tag": "red",
        "leaseTimestamp": "5",
    }
    assert CALLS[1].request("http://h", {}).header("content-type") == "application/json"


def test_an_update_proves_its_lease_with_token_and_retry_count():
    assert body_of(CALLS[6]) == {
        "id": "t",
        "queueName": "q",
        "leaseTimestamp": "7",
        "retry_count": 1,
    }


def test_a_lease_by_tag_says_that_it_groups_by_tag():
    tagged = calls.lease_tasks("p", "q", max_tasks=1, seconds=1, tag="a b&c")
    grouped = calls.lease_tasks("p", "q", max_tasks=1, seconds=1, group_by_tag=True)
    plain = calls.lease_tasks("p", "q", max_tasks=1, seconds=1)

    assert tagged.path.endswith("?numTasks=1&leaseSecs=1&groupByTag=true&tag=a%20b%26c")
    assert grouped.path.endswith("?numTasks=1&leaseSecs=1&groupByTag=true")
    assert plain.path.endswith("?numTasks=1&leaseSecs=1")


def test_a_partition_stays_readable_and_anything_else_is_encoded():
    assert calls.list_tasks("s~p", "q").path.startswith("s~p/taskqueues/q/")
    assert calls.get_task("google.com:p", "q", "a/b c").path.endswith(
        "p/taskqueues/q/tasks/a%2Fb%20c"
    )


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_segment_that_would_change_the_path_is_refused(name):
    with pytest.raises(ArgumentError):
        calls.get_task("p", "q", name)


def test_a_value_that_the_contract_does_not_allow_is_refused():
    with pytest.raises(ArgumentError, match="numTasks"):
        calls.lease_tasks("p", "q", max_tasks=2**31, seconds=1)


def test_an_empty_lease_is_an_empty_list():
    assert CALLS[2].result(answer({"kind": "taskqueue#tasks"})) == []


@pytest.mark.parametrize("response", [Response(204), answer({}), Response(200)])
def test_a_delete_succeeds_with_or_without_a_body(response):
    assert CALLS[5].result(response) is None


def test_an_insert_whose_answer_leaves_the_payload_out_still_knows_it(a_task):
    data = a_task()
    del data["payloadBase64"]

    assert CALLS[1].result(answer(data)).payload == b"x"


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"5", b'{"kind": "x#tasks"}', b"{}", b"\xff", b"[" * 100_000]
)
def test_a_success_that_is_none_of_this_api_is_an_error(body):
    with pytest.raises(ServerError, match="is the endpoint right") as caught:
        CALLS[4].result(Response(200, {}, body))

    assert caught.value.reason == "invalidResponse"


def test_the_headers_of_a_call_win_over_those_of_the_client():
    call = calls.lease_tasks("p", "q", max_tasks=1, seconds=1, attempt_id="abc")

    request = call.request("http://h", {"x-taskqueue-attempt": "other", "User-Agent": "me"})

    assert request.headers == {"X-TaskQueue-Attempt": "abc", "User-Agent": "me"}
