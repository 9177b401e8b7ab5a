"""What the options that all commands share have chosen: where to, as whom, and how to speak."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import Any, TypeVar

import click

from tqsdk import auth, config
from tqsdk.cli.output import Output
from tqsdk.client import Client
from tqsdk.clock import Clock, SystemClock
from tqsdk.options import Options
from tqsdk.transport import Transport

TOKEN = "TASKQUEUE_TOKEN"
TOKEN_FILE = "TASKQUEUE_TOKEN_FILE"

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass
class Session:
    """One run of the command.

    Attributes:
        transport: For tests: what carries requests instead of the network.
        clock: Likewise.
    """

    project: str | None = None
    endpoint: str | None = None
    token: str | None = None
    token_file: Path | None = None
    auth: str | None = None
    timeout: float | None = None
    deadline: float | None = None
    json: bool = False
    verbose: bool = False
    transport: Transport | None = None
    clock: Clock = field(default_factory=SystemClock)

    def client(self) -> Client:
        """A client as the options and the environment want it.

        Raises:
            UsageError: They do not say enough, or contradict each other.
        """
        if not (self.project or os.environ.get(config.PROJECT)):
            raise click.UsageError(f"no project: give --project, or set {config.PROJECT}")
        variables = (config.EMULATOR_HOST, config.ENDPOINT)
        given = self.endpoint or self.transport or any(map(os.environ.get, variables))
        if not given:
            raise click.UsageError(
                "no server: give --endpoint URL, or set "
                f"{config.EMULATOR_HOST} (host:port) or {config.ENDPOINT} (URL)"
            )
        if self.verbose:
            _log_to_standard_error()
        return Client(
            self.project,
            endpoint=self.endpoint,
            token=self.given_token(),
            credentials=auth.default() if self.auth else None,
            transport=self.transport,
            timeout=Options().timeout if self.timeout is None else self.timeout,
            deadline=self.deadline,
            clock=self.clock,
        )

    def output(self) -> Output:
        """Standard output."""
        return Output(sys.stdout.buffer, as_json=self.json, terminal=sys.stdout.isatty())

    def note(self, text: str) -> None:
        """Tell standard error what is worth knowing, and no failure."""
        click.echo(dumps({"note": text}) if self.json else f"tq: {text}", err=True)

    def given_token(self) -> str | None:
        """The token of the options, else that of the environment; None with ``--auth``.

        Raises:
            UsageError: The options give more than one.
        """
        if len([each for each in (self.token, self.token_file, self.auth) if each]) > 1:
            raise click.UsageError("give one of --token, --token-file and --auth")
        if self.auth:
            return None
        if self.token or self.token_file:
            return self.token or first_line(self.token_file)
        file = os.environ.get(TOKEN_FILE)
        return os.environ.get(TOKEN) or (first_line(Path(file)) if file else None)


def shared_options(command: _F) -> _F:
    """Give *command* the options that may stand before and after the commands' names.

    They are kept in the Session; the last one said holds.
    """
    for option in reversed(_SHARED):
        command = option(command)
    return command


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    session = context.ensure_object(Session)
    if value is not None and value is not False:
        setattr(session, parameter.name or "", value)


def _shared(*names: str, **settings: Any) -> Callable[[_F], _F]:
    return click.option(*names, expose_value=False, callback=_remember, **settings)


_seconds = click.FloatRange(min=0, min_open=True)

_SHARED = (
    _shared("--project", metavar="ID", help=f"The project.  [env var: {config.PROJECT}]"),
    _shared(
        "--endpoint",
        metavar="URL",
        help=f"The server.  [env var: {config.EMULATOR_HOST} (host:port), {config.ENDPOINT}]",
    ),
    _shared(
        "--token",
        metavar="TOKEN",
        help=f"An access token; others on this machine can see it.  [env var: {TOKEN}]",
    ),
    _shared(
        "--token-file",
        type=click.Path(path_type=Path),
        help=f"The file that has the token in its first line.  [env var: {TOKEN_FILE}]",
    ),
    _shared(
        "--auth",
        type=click.Choice(["google"]),
        help="Get tokens as Google's libraries do: from a key file, gcloud's login or the machine.",
    ),
    _shared("--timeout", type=_seconds, metavar="SECONDS", help="For each attempt."),
    _shared(
        "--deadline",
        type=_seconds,
        metavar="SECONDS",
        help="For all attempts of one operation together.",
    ),
    _shared("--json", is_flag=True, help="Print JSON, a line each; errors too."),
    _shared("--verbose", is_flag=True, help="Tell standard error about every attempt."),
)


def first_line(path: Path | None) -> str | None:
    """The token in the file at *path*; None without one.

    Raises:
        UsageError: It is empty.
    """
    if path is None:
        return None
    lines = path.read_text(errors="replace").splitlines()
    if not lines:
        raise click.UsageError(f"the token file {path} is empty")
    return lines[0].strip()


def _log_to_standard_error() -> None:
    """Show what the SDK logs, until the command ends."""
    log = logging.getLogger("tqsdk")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("tq: %(message)s"))
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)

    def undo() -> None:
        log.removeHandler(handler)
        log.setLevel(before)

    click.get_current_context().call_on_close(undo)
