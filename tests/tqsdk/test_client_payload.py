from __future__ import annotations

import base64
import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tqsdk import PayloadDecodeError
from tqsdk.payload import decode, encode


@given(st.binary())
def test_payloads_come_back_as_they_went(payload):
    assert decode(encode(payload)) == payload


@given(st.binary())
def test_payloads_are_sent_url_safe_and_padded(payload):
    assert re.fullmatch(r"[A-Za-z0-9_-]*={0,2}", encode(payload))
    assert len(encode(payload)) % 4 == 0


@given(st.binary(), st.booleans(), st.booleans(), st.integers(1, 76), st.sampled_from("\n \r\t"))
def test_every_spelling_of_base64_is_read(payload, standard, padded, width, gap):
    text = (base64.b64encode if standard else base64.urlsafe_b64encode)(payload).decode()
    if not padded:
        text = text.rstrip("=")
    broken = gap.join(text[i : i + width] for i in range(0, len(text), width))

    assert decode(broken) == payload


@given(st.text())
def test_text_is_sent_as_utf_8(text):
    try:
        expected = text.encode()
    except UnicodeEncodeError:
        return

    assert decode(encode(text)) == expected


def test_both_alphabets_may_be_mixed():
    assert decode("-_+/") == decode("+/-_") == base64.b64decode("+/+/")


@pytest.mark.parametrize("text", ["a", "ab#d", "a=bc", "äbcd", "====a", "ab\0d"])
def test_garbage_is_an_error_and_never_wrong_bytes(text):
    with pytest.raises(PayloadDecodeError, match="not base64"):
        decode(text)


@given(st.text())
def test_any_text_is_either_read_or_refused(text):
    with contextlib.suppress(PayloadDecodeError):
        assert isinstance(decode(text), bytes)


def test_a_payload_of_another_type_is_refused():
    with pytest.raises(TypeError, match="bytes or str, not int"):
        encode(5)  # type: ignore[arg-type]
