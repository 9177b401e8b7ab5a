"""Access tokens given out while the server runs."""

from __future__ import annotations

from emulator.auth.issued import Grant, IssuedTokens

GRANT = Grant("ada@example.com", None, "door")


def test_an_issued_token_lives_for_an_hour_of_the_servers_clock(clock):
    issued = IssuedTokens(clock)
    token = issued.issue(GRANT)

    clock.advance(3599.9)
    assert issued.find(token) == GRANT

    clock.advance(0.1)
    assert issued.find(token) is None


def test_the_oldest_token_goes_when_there_are_too_many(clock):
    issued = IssuedTokens(clock, most=2)

    first, second, third = (issued.issue(GRANT) for _ in range(3))

    assert issued.find(first) is None
    assert issued.find(second) == issued.find(third) == GRANT


def test_expired_tokens_take_no_room(clock):
    issued = IssuedTokens(clock)
    for _ in range(100):
        issued.issue(GRANT)
    clock.advance(3600)

    issued.issue(GRANT)

    assert len(issued._order) == 1
