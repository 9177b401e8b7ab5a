"""Secrets are kept and compared as the threat asks for."""

from __future__ import annotations

import hmac

from emulator.auth.digests import DigestIndex, digest, matches, new_secret


def test_two_secrets_differ_and_are_too_long_to_guess():
    one, other = new_secret("tq_"), new_secret("tq_")

    assert one != other
    assert one.startswith("tq_")
    assert len(one) >= 46


def test_a_secret_matches_its_own_digest_only():
    assert matches("sesame", digest("sesame"))
    assert not matches("Sesame", digest("sesame"))


def test_an_index_finds_what_was_added_until_it_is_removed():
    index = DigestIndex[str]()
    index.add(digest("sesame"), "open")

    assert index.find("sesame") == "open"
    assert index.find("barley") is None

    index.remove(digest("sesame"))

    assert index.find("sesame") is None


def test_digests_that_begin_alike_are_told_apart():
    index = DigestIndex[str]()
    alike = digest("sesame")[:8] + "0" * 56
    index.add(alike, "impostor")
    index.add(digest("sesame"), "open")

    assert index.find("sesame") == "open"


def test_digests_are_compared_in_constant_time(monkeypatch):
    compared = []

    def spy(one, other):
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", spy)
    index = DigestIndex[str]()
    index.add(digest("sesame"), "open")

    index.find("sesame")
    matches("barley", digest("sesame"))

    assert compared == [
        (digest("sesame"), digest("sesame")),
        (digest("barley"), digest("sesame")),
    ]


def test_a_token_that_is_no_unicode_text_is_merely_unknown():
    assert DigestIndex[str]().find("\udcff") is None
