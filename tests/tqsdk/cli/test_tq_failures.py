from __future__ import annotations

import json
import re

import click
import pytest

from tqsdk import AmbiguousResultError, ConnectError, CredentialsError, RequestTimeoutError
from tqsdk import errors as tqsdk_errors
from tqsdk.cli.failures import Exit, explain
from tqsdk.testing import answer, refusal

GET = ("tasks", "get", "q", "a")
INSERT = ("tasks", "insert", "q", "x")


@pytest.mark.parametrize(
    ("answers", "arguments", "code"),
    [
        ([refusal(404, "unknown", code="UNKNOWN_QUEUE")], GET, Exit.NOT_FOUND),
        ([refusal(404, "Not Found")], GET, Exit.NOT_FOUND),
        ([refusal(400, "taken", code="TASK_ALREADY_EXISTS")], INSERT, Exit.NAME_TAKEN),
        ([refusal(400, "gone", code="TOMBSTONED_TASK")], INSERT, Exit.NAME_TAKEN),
        ([refusal(400, "bad")], INSERT, Exit.REFUSED),
        ([refusal(413, "too large")], INSERT, Exit.REFUSED),
        ([refusal(401, "who?")], INSERT, Exit.NOT_ALLOWED),
        ([refusal(403, "no")], INSERT, Exit.NOT_ALLOWED),
        ([refusal(429, "slow down")] * 5, INSERT, Exit.UNAVAILABLE),
        ([refusal(503, "later", code="TRANSIENT_ERROR")] * 5, INSERT, Exit.UNAVAILABLE),
        ([refusal(500, "oops")] * 5, GET, Exit.UNAVAILABLE),
        ([refusal(500, "oops")] * 5, INSERT, Exit.UNKNOWN),
        ([ConnectError("refused")] * 5, INSERT, Exit.UNAVAILABLE),
        ([RequestTimeoutError("late")] * 5, GET, Exit.UNAVAILABLE),
        ([RequestTimeoutError("late")] * 5, INSERT, Exit.UNKNOWN),
        ([AmbiguousResultError("cut off"), answer({})], ("tasks", "lease", "q"), Exit.UNKNOWN),
        ([answer([])] * 5, GET, Exit.UNAVAILABLE),
    ],
)
def test_a_failure_has_a_code_for_what_it_means(tq, answers, arguments, code):
    tq.scripted(*answers)

    done = tq(*arguments)

    assert done.code == code
    assert done.err.startswith("tq: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(("kind", "code"), [("ambiguous", 9), ("not sent", 8)])
def test_a_deadline_tells_whether_it_may_be_done(tq, kind, code):
    error = AmbiguousResultError("cut off") if kind == "ambiguous" else ConnectError("refused")
    tq.scripted(error)

    done = tq(*INSERT, "--deadline", "0.0001")

    assert done.code == code
    assert "deadline" in done.err


def test_an_attempt_in_doubt_is_not_forgotten_when_the_next_are_not_sent(tq):
    tq.scripted(AmbiguousResultError("cut off"), *[ConnectError("refused")] * 4)

    assert tq(*INSERT).code == 9


@pytest.mark.parametrize(("transient", "code"), [(True, 8), (False, 7)])
def test_a_token_that_cannot_be_had_may_be_had_later(transient, code):
    assert explain(CredentialsError("no token", transient=transient)).exit == code


def test_an_insert_in_doubt_can_be_repeated_under_its_name(tq):
    tq.scripted(*[AmbiguousResultError("cut off")] * 5)

    done = tq(*INSERT, "--json")

    error = json.loads(done.err)["error"]
    assert error["advice"] == f"repeat it with --name {error['task']}: that cannot store it twice"


def test_as_json_an_error_says_all_it_knows(tq):
    tq.scripted(
        refusal(
            403, "no", reason="forbidden", code="PERMISSION_DENIED", headers={"X-Request-Id": "r"}
        )
    )

    error = json.loads(tq(*GET, "--json").err)["error"]

    assert error.pop("elapsed") >= 0
    assert error.pop("advice")
    assert error.pop("message").startswith("tasks.get, queue 'q', task 'a': 403 no [forbidden")
    assert error == {
        "type": "PermissionDeniedError",
        "exit_code": 7,
        "operation": "taskqueue.tasks.get",
        "queue": "q",
        "task": "a",
        "attempts": 1,
        "status": 403,
        "reason": "forbidden",
        "code": "PERMISSION_DENIED",
        "request_id": "r",
    }


def test_as_json_a_mistyped_command_is_json_too(tq):
    error = json.loads(tq("--json", "tasks", "lend", "q").err)["error"]

    assert "lend" in error["message"]
    assert error["exit_code"] == 2
    assert error["advice"] == "see `tq tasks --help`"


def test_json_after_the_end_of_options_is_an_argument(tq):
    done = tq("tasks", "get", "--nothing", "--", "--json")

    assert done.err.startswith("tq: No such option")


def test_a_mistyped_option_is_one_line(tq):
    done = tq("tasks", "get", "q", "a", "--zzz")

    assert done.code == 2
    assert re.fullmatch("tq: No such option:? '?--zzz'?; see `tq tasks get --help`\n", done.err)


def test_what_a_server_says_cannot_command_the_terminal(tq):
    tq.scripted(refusal(400, "one\ntwo\x1b[2J"))

    assert "400 one two\\x1b[2J [invalid]" in tq(*GET).err


def test_the_advice_is_in_words_of_the_command_line():
    said = [
        explain(kind()).advice
        for kind in vars(tqsdk_errors).values()
        if isinstance(kind, type) and issubclass(kind, tqsdk_errors.TaskQueueError)
    ]

    assert [advice for advice in said if "=" in advice or "()" in advice] == []


def test_no_command_is_help(tq):
    done = tq()

    assert done.code == 2
    assert "Usage: tq" in done.err


def test_an_interrupt_ends_with_130(tq, monkeypatch):
    def interrupted(request, timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(tq.transport, "send", interrupted)

    assert tq(*GET).code == 130


def test_a_failure_that_nobody_foresaw_is_not_hidden(tq):
    tq.scripted(ZeroDivisionError("a bug"))

    with pytest.raises(ZeroDivisionError):
        tq(*GET)


def test_a_failure_of_click_has_its_own_words():
    assert explain(click.FileError("f", "gone")).line() == "tq: Could not open file 'f': gone"
