"""``tq-emulator tokens``, ``credentials``, and what ``serve`` refuses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from emulator.auth.book import TokenBook
from emulator.cli import main
from tests.emulator.auth.entries import a_client, a_token, an_account, write


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments, **variables):
        return CliRunner().invoke(main, [str(each) for each in arguments], env=variables)

    return ran


def test_a_new_token_is_printed_once_and_works(run, tokens_path):
    done = run("tokens", "add", "--file", tokens_path, "--email", "ada@example.com")

    book = TokenBook(tokens_path)
    assert book.names == {"ada"}
    assert book.tokens.find(done.stdout.strip()).caller.email == "ada@example.com"
    assert done.stdout.strip() not in run("tokens", "list", "--file", tokens_path).stdout


def test_a_token_has_the_scopes_and_the_days_it_was_given(run, tokens_path):
    options = ("--email", "a@b.c", "--name", "w", "--scope", "x", "--scope", "y", "--days", "1")

    done = run("tokens", "add", "--file", tokens_path, *options)

    book = TokenBook(tokens_path)
    holder = book.tokens.find(done.stdout.strip())
    assert book.names == {"w"}
    assert holder.caller.scopes == {"x", "y"}
    assert holder.until is not None


def test_the_list_names_every_entry(run, tokens_path):
    write(
        tokens_path,
        tokens=[a_token(expires="2030-01-01T00:00:00Z", scopes=["x"])],
        service_accounts=[an_account(metadata=True)],
        clients=[a_client()],
    )

    done = run("tokens", "list", TQ_EMULATOR_TOKENS=str(tokens_path))

    assert done.stdout.splitlines() == [
        "door  token  ada@example.com  x  until 2030-01-01 00:00 UTC",
        "key0  service account key  robot@example.com  all scopes  metadata server",
        "client0  client  ada@example.com  all scopes",
    ]


def test_an_entry_is_removed_by_its_name(run, tokens_path):
    write(tokens_path, tokens=[a_token()])

    assert run("tokens", "remove", "--file", tokens_path, "door").exit_code == 0
    assert TokenBook(tokens_path).tokens.find("sesame") is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["tokens", "remove", "window"], "no entry is called 'window'"),
        (["tokens", "add", "--email", "ada"], "tokens[1].email"),
        (["tokens", "add", "--email", "door@example.com"], "two entries are called 'door'"),
        (["credentials", "--email", "a@b.c", "--out", "x", "--url", "nowhere"], "url 'nowhere'"),
    ],
)
def test_a_command_that_cannot_be_done_says_why_in_one_line(run, tokens_path, arguments, complaint):
    write(tokens_path, tokens=[a_token()])

    done = run(*arguments, TQ_EMULATOR_TOKENS=str(tokens_path))

    assert done.exit_code == 2
    assert complaint in done.stderr
    assert done.stderr.startswith("tq-emulator: ")
    assert done.stderr.count("\n") == 1


def test_credentials_prints_what_to_set(run, tmp_path):
    done = run("credentials", "--email", "a@b.c", "--out", "creds", "--project", "my-app")

    assert f"export GOOGLE_APPLICATION_CREDENTIALS={tmp_path}/creds/service-account.json" in (
        done.stdout.splitlines()
    )
    assert "GCE_METADATA_HOST=127.0.0.1:8088" in done.stdout
    key = json.loads((tmp_path / "creds/service-account.json").read_text())
    assert (key["client_email"], key["project_id"]) == ("a@b.c", "my-app")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--host", "0.0.0.0"], "--insecure"),
        (["--host", "::"], "--insecure"),
        (["--host", "example.com"], "--insecure"),
        (["--host", "0.0.0.0", "--allowed-host", "emulator"], "--insecure"),
        (["--auth", "tokens"], "--tokens FILE"),
        (["--tokens", "t.json"], "--auth tokens"),
        (["--auth", "tokens", "--tokens", "t.json"], "t.json: cannot be read: No such file"),
        (["--cors", "nowhere"], "cors origin 'nowhere'"),
        (["--allowed-host", "a:1"], "allowed host 'a:1'"),
        (["--tls-cert", "a.pem"], "--tls-key FILE"),
        (["--tls-key", "a.pem"], "--tls-cert FILE"),
        (["--tls-cert", "a.pem", "--tls-key", "b.pem"], "a.pem: cannot be read"),
        (["--tls-cert", "a", "--tls-key", "b", "--tls-self-signed"], "not both"),
    ],
)
def test_serve_refuses_what_would_let_strangers_in_or_cannot_be(
    run, tmp_path, arguments, complaint
):
    done = run("serve", "--store", "sqlite:///never.db", *arguments)

    assert done.exit_code == 2
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "never.db").exists()


def test_serve_refuses_a_certificate_that_is_none(run, tmp_path):
    (tmp_path / "a.pem").write_text("nothing")

    done = run("serve", "--tls-cert", "a.pem", "--tls-key", "a.pem")

    assert done.exit_code == 2
    assert "no certificate in PEM with its key" in done.stderr


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"TQ_EMULATOR_AUTH": "tokens"}, "--tokens FILE"),
        ({"TQ_EMULATOR_HOST": "0.0.0.0", "TQ_EMULATOR_INSECURE": "0"}, "--insecure"),
        ({"TQ_EMULATOR_CORS": "* nowhere"}, "'nowhere'"),
        ({"TQ_EMULATOR_ALLOWED_HOST": "emulator a:1"}, "'a:1'"),
        ({"TQ_EMULATOR_TLS_CERT": "a.pem"}, "--tls-key FILE"),
    ],
)
def test_the_settings_are_environment_variables_too(run, variables, complaint):
    done = run("serve", **variables)

    assert done.exit_code == 2
    assert complaint in done.stderr
