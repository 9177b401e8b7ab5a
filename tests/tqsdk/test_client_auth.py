"""As whom the client calls: which header each attempt carries, and what is refused."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from tqsdk import (
    AccessToken,
    Client,
    ConfigError,
    ConnectError,
    CredentialsError,
    RetryPolicy,
    UnauthenticatedError,
    auth,
)
from tqsdk.testing import ScriptedTransport, VirtualClock, answer, refusal

EMPTY = answer({"kind": "taskqueues#tasks"})
REJECTED = refusal(401, "Invalid Credentials", reason="authError")


class Source:
    """Gives tokens named t1, t2, ..., which hold for *seconds*; raises what it is told to."""

    def __init__(self, clock, seconds=None):
        self.clock = clock
        self.seconds = seconds
        self.calls = 0
        self.failing: Exception | None = None

    def __call__(self):
        self.calls += 1
        if self.failing is not None:
            raise self.failing
        until = self.seconds and self.clock.now() + timedelta(seconds=self.seconds)
        return AccessToken(f"t{self.calls}", until)


class GoogleLike:
    """What an object of google-auth looks like."""

    token = None
    expiry = None
    valid = False

    def refresh(self, request):
        raise AssertionError("nobody should ask")


def sent(transport):
    """What the requests carried as Authorization."""
    return [request.header("authorization") for request in transport.requests]


def test_without_credentials_a_client_is_anonymous(scripted):
    client, transport = scripted(EMPTY)

    client.queue("q").list()

    assert sent(transport) == [None]


def test_a_function_is_asked_for_every_attempt(scripted):
    tokens = iter(["a", "b", "c"])
    client, transport = scripted(ConnectError("x"), EMPTY, EMPTY, credentials=lambda: next(tokens))

    client.queue("q").list()
    client.queue("q").list()

    assert sent(transport) == ["Bearer a", "Bearer b", "Bearer c"]


def test_a_token_with_an_expiry_is_kept_and_renewed_ahead_of_it(scripted, clock):
    client, transport = scripted(EMPTY, EMPTY, EMPTY, credentials=Source(clock, seconds=3600))

    client.queue("q").list()
    clock.advance(3600 - 226)
    client.queue("q").list()
    clock.advance(2)
    client.queue("q").list()

    assert sent(transport) == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_token_of_a_minute_is_kept_for_three_quarters_of_it(scripted, clock):
    client, transport = scripted(EMPTY, EMPTY, credentials=Source(clock, seconds=60))

    client.queue("q").list()
    clock.advance(44)
    client.queue("q").list()

    assert sent(transport) == ["Bearer t1", "Bearer t1"]


def test_a_rejected_token_is_renewed_once_and_not_counted_as_an_attempt(scripted, clock):
    client, transport = scripted(
        REJECTED, EMPTY, credentials=Source(clock), retry=RetryPolicy.none()
    )

    client.queue("q").list()

    assert sent(transport) == ["Bearer t1", "Bearer t2"]
    assert clock.sleeps == []


def test_a_second_rejection_is_an_error(scripted, clock):
    client, transport = scripted(REJECTED, REJECTED, credentials=Source(clock))

    with pytest.raises(UnauthenticatedError) as caught:
        client.queue("q").list()

    assert caught.value.attempts == len(transport.requests) == 2


def test_a_rejected_token_that_stays_the_same_is_not_sent_again(scripted):
    client, transport = scripted(REJECTED, REJECTED, credentials=lambda: "same")

    with pytest.raises(UnauthenticatedError):
        client.queue("q").list()
    with pytest.raises(UnauthenticatedError):
        client.with_options().queue("q").list()

    assert len(transport.requests) == 2


def test_a_static_token_that_is_rejected_is_not_sent_again(scripted):
    client, transport = scripted(REJECTED, token="s")

    with pytest.raises(UnauthenticatedError):
        client.queue("q").list()

    assert len(transport.requests) == 1


def test_a_header_given_by_hand_wins_and_asks_nobody(scripted, clock):
    source = Source(clock)
    client, transport = scripted(REJECTED, credentials=source)

    with pytest.raises(UnauthenticatedError):
        client.queue("q").list(headers={"authorization": "Bearer mine"})

    assert sent(transport) == ["Bearer mine"]
    assert source.calls == 0


def test_a_token_that_cannot_be_renewed_is_used_until_it_expires(scripted, clock):
    source = Source(clock, seconds=3600)
    client, transport = scripted(EMPTY, EMPTY, EMPTY, credentials=source)

    client.queue("q").list()
    clock.advance(3500)
    source.failing = CredentialsError("down")
    client.queue("q").list()
    client.queue("q").list()  # not asked again at once
    clock.advance(100)
    with pytest.raises(CredentialsError):
        client.queue("q").list()

    assert sent(transport) == ["Bearer t1"] * 3
    assert source.calls == 3


def test_a_passing_failure_to_get_a_token_is_tried_again(scripted, clock):
    source = Source(clock)
    source.failing = CredentialsError("down", transient=True)
    client, transport = scripted(credentials=source, retry=RetryPolicy(attempts=3))

    with pytest.raises(CredentialsError, match="down") as caught:
        client.queue("q").insert(b"x")

    assert source.calls == 3
    assert len(clock.sleeps) == 2
    assert transport.requests == []
    assert (caught.value.operation, caught.value.attempts) == ("taskqueue.tasks.insert", 0)


def test_a_lasting_failure_to_get_a_token_is_not(scripted, clock):
    source = Source(clock)
    source.failing = CredentialsError("no such key")
    client, _ = scripted(credentials=source)

    with pytest.raises(CredentialsError):
        client.queue("q").list()

    assert source.calls == 1


def test_many_threads_renew_a_token_once(clock):
    source = Source(clock, seconds=3600)
    client = Client(
        "p", transport=ScriptedTransport(*[EMPTY] * 32), credentials=source, clock=clock
    )
    together = threading.Barrier(32)

    def call():
        together.wait()
        client.queue("q").list()

    threads = [threading.Thread(target=call) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert source.calls == 1


def test_while_one_thread_renews_the_others_go_on_with_what_they_have(clock):
    asked, told = threading.Event(), threading.Event()
    given = iter([3600, 7200])

    def source():
        seconds = next(given)
        if seconds == 7200:
            asked.set()
            assert told.wait(10)
        return AccessToken(f"t{seconds}", clock.now() + timedelta(seconds=seconds))

    authorizer = auth.authorizer(
        token=None, credentials=source, endpoint="http://h", is_emulator=False, clock=clock
    )
    authorizer.header()
    clock.advance(3500)
    renewing = threading.Thread(target=authorizer.header)
    renewing.start()
    assert asked.wait(10)

    meanwhile = authorizer.header()
    told.set()
    renewing.join()

    assert meanwhile == "Bearer t3600"
    assert authorizer.header() == "Bearer t7200"
    assert authorizer.at_once()
    assert not authorizer.at_once("Bearer t7200")


@pytest.mark.parametrize("credentials", [auth.default(), GoogleLike(), lambda: "t"])
def test_real_credentials_are_not_sent_to_an_emulator(monkeypatch, credentials):
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", "127.0.0.1:8088")

    with pytest.raises(ConfigError, match=r"TASKQUEUE_EMULATOR_HOST is set.*token="):
        Client("p", credentials=credentials)
    for same in ("http://127.0.0.1:8088/base", "HTTP://LocalHost:8088", "https://[::1]:8088"):
        with pytest.raises(ConfigError, match="TASKQUEUE_EMULATOR_HOST is set"):
            Client("p", credentials=credentials, endpoint=same)


@pytest.mark.parametrize("host", ["127.0.0.1:443", "queues.example:80", "nonsense", ""])
def test_beside_the_emulator_real_credentials_may_be_sent(monkeypatch, host):
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", host)

    Client("p", credentials=auth.default(), endpoint="https://queues.example").close()


def test_a_static_token_is_sent_to_an_emulator(monkeypatch, scripted):
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", "127.0.0.1:8088")
    client, transport = scripted(EMPTY, token="made-up")

    client.queue("q").list()

    assert sent(transport) == ["Bearer made-up"]
    assert transport.requests[0].url.startswith("http://127.0.0.1:8088/")


@pytest.mark.parametrize("credentials", [auth.default(), GoogleLike()])
def test_google_credentials_stay_off_plain_http_but_on_this_machine(credentials):
    for endpoint in ("http://queues.example", "HTTP://localhost.example:1", "http://10.0.0.1"):
        with pytest.raises(ConfigError, match=r"not sent unprotected to .*: use https"):
            Client("p", credentials=credentials, endpoint=endpoint)

    for endpoint in ("http://localhost:1", "http://[::1]:1", "http://127.9.9.9", "https://h"):
        Client("p", credentials=credentials, endpoint=endpoint).close()


def test_a_function_may_give_tokens_for_a_network_that_is_trusted():
    Client("p", credentials=lambda: "t", endpoint="http://queues.internal").close()


@pytest.mark.parametrize("credentials", ["default", 7, b"x"])
def test_credentials_that_are_none_are_refused(credentials):
    with pytest.raises(ConfigError, match="credentials="):
        Client("p", endpoint="https://h", credentials=credentials)


def test_a_token_and_credentials_are_too_much():
    with pytest.raises(ConfigError, match="not both"):
        Client("p", endpoint="https://h", token="t", credentials=lambda: "t")


@pytest.mark.parametrize("given", ["a b", "", "é", "a\r\nX: y", None, 7])
def test_a_function_that_gives_no_token_is_noticed(scripted, given):
    client, _ = scripted(credentials=lambda: given)

    with pytest.raises(ConfigError, match="token must be") as caught:
        client.queue("q").list()

    assert not given or str(given) not in str(caught.value)


def test_an_expiry_without_a_time_zone_is_refused():
    with pytest.raises(ConfigError, match="time zone"):
        AccessToken("t", datetime(2026, 1, 1))


def test_a_token_is_in_no_repr():
    secret = "s3cret"
    shown = [
        AccessToken(secret),
        auth.authorizer(
            token=secret, credentials=None, endpoint="", is_emulator=False, clock=VirtualClock()
        ),
    ]

    assert secret not in repr(shown)
