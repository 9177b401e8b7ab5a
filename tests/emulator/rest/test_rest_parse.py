"""Whatever bytes arrive, the answer is what was asked for or a refusal in Google's envelope."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery import contract
from emulator.rest.errors import WireError
from emulator.rest.parse import Parser, query_pairs, split_form
from tests.wire.envelope import reason

CONTRACT = contract.load()
MEMBERS = sorted(CONTRACT.schemas["Task"].properties)
PARAMETERS = ["numTasks", "leaseSecs", "newLeaseSeconds", "groupByTag", "tag", "getStats", "alt"]
CALLS = [
    ("GET", ""),
    ("GET", "/tasks"),
    ("POST", "/tasks"),
    ("POST", "/tasks/lease"),
    ("GET", "/tasks/a"),
    ("POST", "/tasks/a"),
    ("PATCH", "/tasks/a"),
    ("DELETE", "/tasks/a"),
]

calls = st.sampled_from(CALLS)
texts = st.text() | st.text(st.characters(categories=["Cs"])) | st.sampled_from(["q", "a", ""])
good_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)
good_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner | good_texts, max_size=3) | st.dictionaries(good_texts, inner, max_size=3)
    ),
)
bodies = st.one_of(
    st.binary(),
    st.dictionaries(st.sampled_from(MEMBERS) | texts, anything).map(lambda it: json.dumps(it)),
).map(lambda it: it if isinstance(it, bytes) else it.encode())
numbers = st.integers(-(2**70), 2**70).map(str)
queries = st.one_of(
    st.binary().map(quote),
    st.text(st.characters(min_codepoint=33, max_codepoint=126)),
    st.lists(st.tuples(st.sampled_from(PARAMETERS), st.binary() | numbers)).map(urlencode),
)
content_types = st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"])
fuzz = settings(max_examples=300)


@fuzz
@given(call=calls, body=bodies, query=queries, content_type=content_types)
def test_no_bytes_make_the_server_fail(wire, call, body, query, content_type):
    verb, path = call

    got = wire.send(verb, f"{path}?{query}", body, content_type=content_type)

    if got.status not in (200, 204, 304):
        reason(got)


@fuzz
@given(call=calls, body=bodies)
def test_no_body_makes_a_call_with_good_parameters_fail(wire, call, body):
    verb, path = call
    query = "numTasks=1&leaseSecs=0&newLeaseSeconds=0"

    got = wire.send(verb, f"{path}?{query}", body)

    if got.status not in (200, 204):
        reason(got)


@fuzz
@given(segments=st.lists(st.binary() | st.sampled_from([b"tasks", b"lease"]), max_size=3))
def test_no_path_makes_the_server_fail(wire, segments):
    path = "".join("/" + quote(segment, safe="") for segment in segments)

    got = wire.send("GET", path)

    if got.status != 200:
        reason(got)


@given(name=st.sampled_from(["tag", "quotaUser"]), text=good_texts)
def test_every_text_survives_a_query_and_a_form(name, text):
    spelled = urlencode({name: text})

    assert read(spelled)[name] == text
    assert read("", spelled.encode())[name] == text


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_int32_survives_a_query(number):
    assert read(f"numTasks={number}")["numTasks"] == number


@given(st.integers().filter(lambda it: not -(2**31) <= it < 2**31))
def test_integers_beyond_32_bits_are_refused(number):
    with pytest.raises(WireError, match="Values must be within the range"):
        read(f"numTasks={number}")


@given(st.sampled_from(["true", "false"]), st.data())
def test_booleans_are_read_in_any_case_of_letters(word, data):
    cases = [data.draw(st.sampled_from([letter, letter.upper()])) for letter in word]

    assert read(f"groupByTag={''.join(cases)}")["groupByTag"] is (word == "true")


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_int64_member_may_be_a_number_or_a_string(number):
    for spelled in (number, str(number)):
        body = a_body_parser().body(json.dumps({"leaseTimestamp": spelled}).encode())

        assert body == {"leaseTimestamp": number}


@given(st.dictionaries(good_texts.filter(lambda it: it not in MEMBERS), good_values))
def test_unknown_members_are_ignored_whatever_they_hold(members):
    body = json.dumps({**members, "tag": "red"}).encode()

    assert a_body_parser().body(body) == {"tag": "red"}


def test_null_members_are_absent():
    nothing = dict.fromkeys(MEMBERS)

    assert a_body_parser().body(json.dumps(nothing).encode()) == {}


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"tag": 5}', b"\xff"])
def test_methods_without_a_body_do_not_look_at_it(body):
    assert a_lease_parser().body(body) is None


@pytest.mark.parametrize("body", [b"numTasks=1", b""])
def test_a_form_is_told_from_json_by_its_content_type(body):
    assert split_form("application/x-www-form-urlencoded; charset=UTF-8", body) == (body, b"")
    assert split_form("application/json", body) == (b"", body)
    assert split_form(None, body) == (b"", body)


def read(query, form=b""):
    return a_lease_parser().arguments([*required_by(query, form), *query_pairs(query, form)])


def required_by(query, form):
    given = dict(query_pairs(query, form))
    return [(name, "1") for name in ("numTasks", "leaseSecs") if name not in given]


def a_lease_parser():
    return Parser(CONTRACT, CONTRACT.methods["taskqueue.tasks.lease"], jsonp=False)


def a_body_parser():
    return Parser(CONTRACT, CONTRACT.methods["taskqueue.tasks.insert"], jsonp=False)
