"""The command ``tq-emulator``. Options are environment variables too, as ``TQ_EMULATOR_PORT``."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

import click

from discovery.queue_files import QueueFileError
from emulator.config import AUTH_MODES, DEFAULT_STORE, Settings, SettingsError, TlsSettings
from emulator.engine import limits as engine_limits
from emulator.environment import SHELLS, Shell, server_variables, shell_lines
from emulator.exports.commands import backup, export, import_
from emulator.storage.errors import StoreBusyError, StoreOpenError

_DEFAULT_QUEUES = Path("queue.yaml")
_DEFAULT_URL = "http://127.0.0.1:8088"

# The parameters of `serve` that `exec` has too.
_OF_SERVE_AND_EXEC = frozenset(
    {"durability", "queues", "auto_create", "limits", "partition", "tombstone_days", "auth"}
    | {"tokens", "google_audiences", "jsonp", "journal", "log_level"}
)

_F = TypeVar("_F", bound=Callable[..., Any])


def _option(*names: str, **settings: Any) -> Callable[[_F], _F]:
    """A click option that its environment variable sets too, and whose help shows both."""
    variable = names[0].split("/")[0].removeprefix("--").replace("-", "_").upper()
    return click.option(
        *names, envvar=f"TQ_EMULATOR_{variable}", show_envvar=True, show_default=True, **settings
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="taskqueue-sdk")
def main() -> None:
    """A durable pull-queue server for Google's Task Queue REST API (taskqueue/v1beta2)."""


@main.command()
@_option("--host", default="127.0.0.1", help="The name or address to listen on.")
@_option("--port", type=click.IntRange(0, 65535), default=8088, help="0 is any free port.")
@_option(
    "--store",
    default=DEFAULT_STORE,
    help="sqlite:///FILE, or sqlite:// to keep everything in memory.",
)
@_option(
    "--durability",
    type=click.Choice(["full", "normal", "off"]),
    default="full",
    help="What an answer promises: full survives loss of power, normal survives kill -9.",
)
@_option(
    "--queues",
    type=click.Path(path_type=Path),
    help="Google's queue.yaml or queue.xml.  [default: queue.yaml, if it is there]",
)
@_option(
    "--auto-create/--no-auto-create",
    default=None,
    help="Queues spring into being on first use.  [default: on without a queues file]",
)
@_option(
    "--limits",
    type=click.Choice(list(engine_limits.BY_NAME)),
    default="standard",
    help="strict refuses all that production refused, relaxed lifts sizes and takes any base64.",
)
@_option("--partition", default="s", help="The letter before the project in full queue names.")
@_option(
    "--tombstone-days",
    type=float,
    default=7.0,
    help="How long the name of a deleted task stays taken; 0 frees it at once.",
)
@_option(
    "--auth",
    type=click.Choice(list(AUTH_MODES)),
    default="open",
    help="Who may call: anybody, who is in the tokens file, or whom Google knows.",
)
@_option(
    "--tokens",
    type=click.Path(path_type=Path),
    help="The file that `tq-emulator tokens` and `tq-emulator credentials` write; read again"
    " when it changes.",
)
@_option(
    "--google-audience",
    "google_audiences",
    multiple=True,
    help="With --auth google: whom ID tokens must be for. Repeatable.",
)
@_option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    help="A name that an open server answers to, beside localhost; .NAME is a domain. Repeatable.",
)
@_option(
    "--cors",
    multiple=True,
    metavar="ORIGIN",
    help="An origin whose web pages may call, or *. Repeatable.",
)
@_option("--insecure", is_flag=True, help="Let an open server answer to any name, on any address.")
@_option("--jsonp", is_flag=True, help="Let the parameter callback make an answer a script.")
@_option(
    "--control",
    is_flag=True,
    help="Serve the control API, under /_emulator/v1/: clock, faults, journal, snapshots, reset.",
)
@_option(
    "--control-token",
    help="What callers of the control API must bring; without it only this machine may call.",
)
@_option(
    "--reset-clock",
    is_flag=True,
    help="Return to the machine's time, if the store was left with another by the control API.",
)
@_option(
    "--journal",
    type=int,
    metavar="N",
    help="With --control: how many requests to remember; 0 is none.  [default: 1000]",
)
@_option(
    "--tls-cert", type=click.Path(path_type=Path), help="Speak HTTPS: the certificate, in PEM."
)
@_option("--tls-key", type=click.Path(path_type=Path), help="Its key, in PEM, without a password.")
@_option(
    "--tls-self-signed",
    is_flag=True,
    help="Speak HTTPS with a certificate made for this machine, kept beside the store.",
)
@_option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    help="What to write to standard error; info is a line for every request.",
)
def serve(
    host: str,
    port: int,
    queues: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_self_signed: bool,
    log_level: str,
    **options: Any,
) -> None:
    """Serve until SIGTERM or SIGINT.

    Exits with 1 if another server has the store's file, with 2 if a setting cannot be used.
    """
    from emulator.serve import serve as serve_until_stopped  # --help stays fast

    _log_to_stderr(log_level)
    try:
        settings = Settings(queues=_queues_file(queues), **options)
        tls = None
        if tls_cert or tls_key or tls_self_signed:
            tls = TlsSettings(certificate=tls_cert, key=tls_key, self_signed=tls_self_signed)
        serve_until_stopped(settings, host=host, port=port, tls=tls)
    except StoreBusyError as error:
        _fail(error, code=1)
    except (SettingsError, QueueFileError, StoreOpenError) as error:
        _fail(error, code=2)


def _queues_file(given: Path | None) -> Path | None:
    return _DEFAULT_QUEUES if given is None and _DEFAULT_QUEUES.exists() else given


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


@main.command(
    "exec",
    # What follows the command's name is the command's.
    context_settings={"allow_interspersed_args": False},
    params=[each for each in serve.params if each.name in _OF_SERVE_AND_EXEC],
)
# Not from the variables of `serve`: a test must not wipe what a developer keeps, and the port that
# they chose may be taken by the server that they have running.
@click.option("--store", default="sqlite://", show_default=True, help="Where to keep the tasks.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Where to listen; 0 is any free port.",
)
@click.option(
    "--intercept",
    is_flag=True,
    help="Have all that COMMAND asks of Google's hosts end at the server.",
)
@click.option(
    "--offline",
    is_flag=True,
    help="With --intercept: refuse all other hosts, but for this machine.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(
    port: int,
    queues: Path | None,
    log_level: str,
    intercept: bool,
    offline: bool,
    command: tuple[str, ...],
    **options: Any,
) -> None:
    """Run COMMAND with a server of its own, and exit as COMMAND does.

    The server has a fresh store and the control API. COMMAND finds it by TASKQUEUE_EMULATOR_HOST
    and TASKQUEUE_ENDPOINT. Exits with 125 if there can be no server, with 127 or 126 if COMMAND is
    not there or cannot be run.
    """
    from emulator.command import CommandError, Interception, run_command

    _log_to_stderr(log_level)
    if offline and not intercept:
        raise click.UsageError("--offline has no effect without --intercept")
    try:
        settings = Settings(queues=_queues_file(queues), control=True, **options)
        code = run_command(
            command,
            settings,
            port=port,
            environ=os.environ,
            interception=Interception(offline=offline) if intercept else None,
        )
        sys.exit(code)
    except CommandError as error:
        _fail(error, code=error.code)
    except (SettingsError, QueueFileError, StoreOpenError) as error:
        _fail(error, code=125)


@main.command()
@_option("--url", default=_DEFAULT_URL, help="Where the server is.")
@click.option("--shell", type=click.Choice(SHELLS), default="sh", help="Whose language to use.")
def env(url: str, shell: Shell) -> None:
    """Print the variables by which programs find a server, for `eval "$(tq-emulator env)"`."""
    from emulator.auth.credentials import origin

    with _settings_errors():
        variables = server_variables(origin(url))
    for line in shell_lines(variables, shell):
        click.echo(line)


@main.command()
@_option("--url", default=_DEFAULT_URL, help="Where the server is.")
@_option("--timeout", type=float, default=30.0, help="How many seconds to wait at most.")
@_option(
    "--ca",
    type=click.Path(path_type=Path),
    help="Trust this certificate, such as that of --tls-self-signed.",
)
def wait(url: str, timeout: float, ca: Path | None) -> None:
    """Wait until a server answers /readyz. Exits with 1 if it does not in time."""
    from emulator.readiness import trouble_at

    deadline = time.monotonic() + timeout
    while True:
        trouble = trouble_at(url, ca)
        if trouble is None:
            return
        if time.monotonic() >= deadline:
            _fail(f"{url} is not ready after {timeout:g} s: {trouble}", code=1)
        time.sleep(0.05)


@main.command()
@click.option(
    "--to", "url", required=True, metavar="URL", help="The WSGI server, as http://HOST:PORT."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 is any free."
)
def relay(url: str, host: str, port: int) -> None:
    """Relay to a WSGI server that serves the emulator's application, until SIGTERM or SIGINT.

    A WSGI application cannot reset a connection. Through this, a fault can make it seem so.
    """
    from emulator.serve import relay as relay_until_stopped

    with _settings_errors():
        relay_until_stopped(url, host=host, port=port)


@main.group()
def tokens() -> None:
    """Who is in the tokens file. A running server notices every change."""


def _tokens_file(command: _F) -> _F:
    return click.option(
        "--file",
        "path",
        type=click.Path(path_type=Path),
        required=True,
        envvar="TQ_EMULATOR_TOKENS",
        show_envvar=True,
        help="The tokens file.",
    )(command)


@tokens.command("add")
@_tokens_file
@click.option("--email", required=True, help="Whom queues' access lists know the holder by.")
@click.option("--name", help="What to call the token.  [default: the part before the @]")
@click.option("--scope", "scopes", multiple=True, help="What it is good for; by default all.")
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), help="How long it is good; else forever."
)
def add_token(
    path: Path, email: str, name: str | None, scopes: tuple[str, ...], days: float | None
) -> None:
    """Make a token, print it, and let the file know its SHA-256. It is not shown again."""
    from emulator.auth import tokens as file

    with _settings_errors():
        click.echo(
            file.add_token(
                path, email=email, name=name or email.partition("@")[0], scopes=scopes, days=days
            )
        )


@tokens.command("list")
@_tokens_file
def list_tokens(path: Path) -> None:
    """Show what the file has, a line for each entry."""
    from emulator.auth.tokens import describe, read_tokens

    with _settings_errors():
        for entry in read_tokens(path).entries:
            click.echo(describe(entry))


@tokens.command("remove")
@_tokens_file
@click.argument("name")
def remove_token(path: Path, name: str) -> None:
    """Remove the token, key or client called NAME; what was got with it is refused at once."""
    from emulator.auth.tokens import remove_entry

    with _settings_errors():
        remove_entry(path, name)


@main.command()
@_option("--url", default=_DEFAULT_URL, help="Where programs reach the server.")
@click.option("--email", required=True, help="Whom queues' access lists know the program by.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A folder for them.")
@_option("--tokens", type=click.Path(path_type=Path), help="The server's tokens file, if any.")
@click.option("--project", default="emulator", show_default=True, help="The project they name.")
@click.option("--scope", "scopes", multiple=True, help="What may be asked for; by default all.")
@click.option("--metadata", is_flag=True, help="Let the metadata server give out its tokens too.")
def credentials(
    url: str,
    email: str,
    out: Path,
    tokens: Path | None,
    project: str,
    scopes: tuple[str, ...],
    metadata: bool,
) -> None:
    """Write credential files that Google's libraries read, and whose tokens come from the server.

    Prints the variables to set, as a shell reads them.
    """
    from emulator.auth.credentials import Identity, environment, write_credentials

    identity = Identity(email=email, project=project, scopes=scopes, metadata=metadata)
    with _settings_errors():
        files = write_credentials(identity, url, out, tokens)
    for line in environment(files, url, metadata=metadata or tokens is None):
        click.echo(line)


@main.command()
@click.option(
    "--store",
    help="sqlite:///FILE on the disk in question, not there yet.  [default: in a folder that goes]",
)
@click.option(
    "--durability",
    type=click.Choice(["full", "normal", "off"]),
    default="full",
    show_default=True,
    help="As of serve. All of them promise to survive a kill.",
)
@click.option(
    "--clients",
    type=click.IntRange(1, 256),
    default=8,
    show_default=True,
    help="How many work at the same time.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30,
    show_default=True,
    help="How long they work.",
)
@click.option(
    "--kill-every",
    type=click.FloatRange(min=0, min_open=True),
    default=3,
    show_default=True,
    help="How many seconds they work on each server.",
)
@click.option("--seed", default=0, show_default=True, help="What the clients' choices depend on.")
@click.option(
    "--report",
    type=click.File("w", lazy=False),
    help="Write every operation there, as a line of JSON.",
)
def verify(store: str | None, report: TextIO | None, **options: Any) -> None:
    """Prove, or disprove, that no acknowledged work is lost on this machine and this disk.

    Starts a server of its own on a fresh store, lets clients work on it, kills it with SIGKILL
    again and again, and compares what they were told with what is stored.

    Exits with 0 if every promise was kept, with 1 and a sentence for each that was not.
    """
    from emulator.testing.clients import AnswerError
    from emulator.testing.process import ServerStartError
    from emulator.testing.verify import run

    # Or SIGTERM would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        kept = run(store, report=report, say=click.echo, tell=_tell, **options)
    except (SettingsError, ServerStartError) as error:
        _fail(error, code=2)
    except AnswerError as error:
        _fail(error, code=1)
    sys.exit(0 if kept else 1)


def _tell(line: str) -> None:
    click.echo(line, err=True)


for _command in (export, import_, backup):
    main.add_command(_command)


@contextmanager
def _settings_errors() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        _fail(error, code=2)


def _fail(trouble: object, *, code: int) -> NoReturn:
    click.echo(f"tq-emulator: {trouble}", err=True)
    sys.exit(code)
