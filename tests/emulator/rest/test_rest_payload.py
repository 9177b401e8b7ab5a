"""Payloads survive the wire, and what is not base64 of the accepted alphabet is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.rest.errors import WireError
from emulator.rest.payload import decode, encode

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
RELAXED = {"+": "-", "/": "_", "\r": "", "\n": ""}

nearly_base64 = st.text(st.sampled_from(ALPHABET + "+/=\r\n é\0"), max_size=12)


@given(st.binary())
def test_every_payload_survives(payload):
    assert decode(encode(payload), standard=False) == payload


@given(st.binary())
def test_padding_may_be_missing(payload):
    assert decode(encode(payload).rstrip("="), standard=False) == payload


@given(st.binary())
def test_answers_are_padded_and_url_safe(payload):
    text = encode(payload)

    assert re.fullmatch(r"[A-Za-z0-9_-]*={0,2}", text)
    assert len(text) % 4 == 0


@given(st.text() | nearly_base64)
def test_a_text_is_taken_if_it_is_url_safe_and_of_a_possible_length(text):
    bare = text.rstrip("=")

    if is_url_safe(bare) and len(bare) % 4 != 1 and missing_padding(bare, text):
        assert decode(text, standard=False) == bits_of(bare)
    elif not is_url_safe(bare) or len(bare) % 4 == 1:
        with pytest.raises(WireError, match="Invalid payloadBase64 value"):
            decode(text, standard=False)


@given(st.text() | nearly_base64)
def test_relaxed_is_the_same_after_putting_the_alphabet_right(text):
    url_safe = "".join(RELAXED.get(letter, letter) for letter in text)

    assert outcome(text, standard=True) == outcome(url_safe, standard=False)


@pytest.mark.parametrize("text", ["a+b=", "a/b=", "aGVs\nbG8=", "aGVsbG8=\n", "aGVs\r\nbG8=\r\n"])
def test_what_relaxed_limits_would_take_is_refused_with_their_name(text):
    assert decode(text, standard=True)

    with pytest.raises(WireError, match="--limits relaxed"):
        decode(text, standard=False)


@pytest.mark.parametrize("text", ["#", "a", "aGVsbG8=a", "é", " ", "a+b#", "a+b/c"])
def test_what_relaxed_limits_refuse_too_is_refused_without_their_name(text):
    with pytest.raises(WireError):
        decode(text, standard=True)

    with pytest.raises(WireError, match=r"^Invalid payloadBase64 value\.$"):
        decode(text, standard=False)


def is_url_safe(bare):
    return all(letter in ALPHABET for letter in bare)


def missing_padding(bare, text):
    """Whether the padding is right or not there; wrong padding is nobody's promise."""
    return len(text) in (len(bare), len(bare) + -len(bare) % 4)


def bits_of(bare):
    """The bytes, the slow way: six bits a letter, and what is left of the last byte is dropped."""
    bits = "".join(f"{ALPHABET.index(letter):06b}" for letter in bare)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) // 8 * 8, 8))


def outcome(text, *, standard):
    try:
        return decode(text, standard=standard)
    except WireError:
        return None
