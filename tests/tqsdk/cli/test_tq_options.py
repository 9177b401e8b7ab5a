from __future__ import annotations

import click.testing
import pytest

from tests.tqsdk.cli.conftest import Tq
from tqsdk.cli.root import tq as command
from tqsdk.cli.session import TOKEN, TOKEN_FILE
from tqsdk.testing import answer, refusal

LIST = ("tasks", "list", "q")


@pytest.fixture
def bearer(tq):
    """The Authorization header that a run of the command sends."""

    def bearer(*arguments):
        script = tq.scripted(answer({}))
        done = tq(*arguments)
        assert done.code == 0, done.err
        return script.requests[0].header("Authorization")

    return bearer


@pytest.mark.parametrize(
    "arguments",
    [("--project", "other", *LIST), (*LIST, "--project", "other")],
    ids=["before", "after"],
)
def test_shared_options_may_stand_before_and_after_the_command(tq, arguments):
    script = tq.scripted(answer({}))

    tq(*arguments)

    assert "/projects/other/" in script.requests[0].url


def test_the_last_one_said_holds(tq):
    script = tq.scripted(answer({}))

    tq("--project", "other", *LIST, "--project", "third")

    assert "/projects/third/" in script.requests[0].url


def test_a_token_may_be_an_option_a_file_or_a_variable(bearer, tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text("from-file\nsecond line\n")

    assert bearer(*LIST) is None
    assert bearer(*LIST, "--token", "given") == "Bearer given"
    assert bearer(*LIST, "--token-file", str(file)) == "Bearer from-file"
    monkeypatch.setenv(TOKEN_FILE, str(file))
    assert bearer(*LIST) == "Bearer from-file"
    monkeypatch.setenv(TOKEN, "from-variable")
    assert bearer(*LIST) == "Bearer from-variable"
    assert bearer(*LIST, "--token-file", str(file)) == "Bearer from-file"
    assert bearer(*LIST, "--token", "given") == "Bearer given"


def test_a_token_that_cannot_be_used_is_not_repeated(tq, tmp_path):
    (tmp_path / "empty").write_text("")
    (tmp_path / "binary").write_bytes(b"s\xe9cret")

    empty = tq(*LIST, "--token-file", str(tmp_path / "empty"))
    binary = tq(*LIST, "--token-file", str(tmp_path / "binary"))
    both = tq(*LIST, "--token-file", "x", "--token", "secret")

    assert (empty.code, binary.code, both.code) == (2, 2, 2)
    assert "is empty" in empty.err
    assert "printable ASCII" in binary.err
    assert "give one of" in both.err
    assert "cret" not in binary.err + both.err


def test_default_credentials_are_not_sent_to_an_emulator_nor_unprotected(clock, monkeypatch):
    plain = Tq(None, clock)(*LIST, "--auth", "google", "--endpoint", "http://example.com")
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", "127.0.0.1:1")
    emulator = Tq(None, clock)(*LIST, "--auth", "google")

    assert (plain.code, emulator.code) == (2, 2)
    assert "use https://, or for a network that you trust give --token" in plain.err
    assert "leave out --auth, or give a made-up --token" in emulator.err


def test_timeouts_and_deadlines_reach_the_client(tq):
    script = tq.scripted(answer({}), answer({}))

    tq(*LIST, "--timeout", "7")
    tq(*LIST, "--timeout", "7", "--deadline", "3")

    assert [timeout.read for timeout in script.timeouts] == [7, 3]


@pytest.mark.parametrize("option", ["--timeout", "--deadline"])
def test_no_time_is_no_time_to_give(tq, option):
    assert tq(*LIST, option, "0").code == 2


def test_verbose_tells_of_attempts_and_of_no_token(tq):
    tq.scripted(refusal(503, "later", code="TRANSIENT_ERROR"), answer({}))

    done = tq(*LIST, "--verbose", "--token", "secret")

    assert "tq: taskqueue.tasks.list q - -> 503, attempt 1" in done.err
    assert "-> 200, attempt 2" in done.err
    assert "secret" not in done.err


def test_verbose_ends_with_the_command(tq):
    tq.scripted(answer({}), answer({}))
    tq(*LIST, "--verbose")

    assert tq(*LIST).err == ""


def test_without_a_server_or_a_project_it_is_said_how_to_give_one(clock):
    no_server = Tq(None, clock)(*LIST)
    no_project = click.testing.CliRunner().invoke(command, LIST)

    assert (no_server.code, no_project.exit_code) == (2, 2)
    assert "no server: give --endpoint URL, or set TASKQUEUE_EMULATOR_HOST" in no_server.err
    assert "no project: give --project, or set GOOGLE_CLOUD_PROJECT" in no_project.stderr


def test_the_environment_may_say_where_and_for_whom(clock, monkeypatch):
    monkeypatch.setenv("TASKQUEUE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")

    done = click.testing.CliRunner().invoke(command, [*LIST, "--deadline", "0.001"])

    assert done.exit_code == 8


def test_the_version_is_that_of_the_distribution(tq):
    assert tq("--version").lines == ["tq, version 0.1.0"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(tq, shell):
    assert "_TQ_COMPLETE" in tq("completion", shell).out.decode()
