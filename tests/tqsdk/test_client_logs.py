from __future__ import annotations

import io
import logging

import pytest

from tqsdk import ConfigError, ConnectError
from tqsdk.logs import RedactingFormatter, log_to_stderr
from tqsdk.testing import answer


@pytest.fixture(autouse=True)
def _logger_as_before():
    logger = logging.getLogger("tqsdk")
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:], logger.level = handlers, level


def test_the_client_tells_standard_error_what_it_does(scripted, capsys):
    log_to_stderr("debug")
    client, _ = scripted(ConnectError("x"), answer({"id": "q"}))

    client.queue("q").info()

    first, wait, second = capsys.readouterr().err.splitlines()
    assert " DEBUG taskqueue.taskqueues.get q - -> ConnectError, attempt 1" in first
    assert " INFO " in wait
    assert "attempt 2" in second


def test_the_level_may_come_from_the_environment_and_none_means_silence(monkeypatch):
    monkeypatch.delenv("TQSDK_LOG", raising=False)
    logger = logging.getLogger("tqsdk")
    before = logger.handlers[:]

    log_to_stderr()
    assert logger.handlers == before
    monkeypatch.setenv("TQSDK_LOG", "Info")
    log_to_stderr()

    assert len(logger.handlers) == len(before) + 1
    assert logger.level == logging.INFO


def test_a_second_call_replaces_the_first(scripted, capsys):
    log_to_stderr("debug")
    log_to_stderr("info")
    client, _ = scripted(ConnectError("x"), answer({"id": "q"}))

    client.queue("q").info()

    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_unknown_level_is_an_error_that_names_the_known_ones(monkeypatch):
    monkeypatch.setenv("TQSDK_LOG", "loud")

    with pytest.raises(ConfigError, match=r"'loud'.*debug, info, warning, error.*TQSDK_LOG"):
        log_to_stderr()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer s3cret",
        "{'Authorization': 'bearer s3cret'}",
        "GET /tasks?access_token=s3cret&alt=json",
        '{"refresh_token": "s3cret", "x": 1}',
        "client_secret: s3cret",
    ],
)
def test_what_looks_like_a_secret_is_not_shown(text):
    assert "s3cret" not in formatted(text)
    assert "***" in formatted(text)


def test_a_traceback_shows_no_secret_either():
    try:
        raise ValueError("Invalid header value: 'Bearer s3cret\\n'")
    except ValueError:
        text = formatted("failed", exc_info=True)

    assert "ValueError" in text
    assert "s3cret" not in text


def formatted(message, **keywords):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.error(message, **keywords)
    return stream.getvalue()
