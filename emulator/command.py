"""A command with a server of its own, which is there for as long as the command runs.

The server is in this process, so it cannot outlive it. Standard output is the command's alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from emulator.config import Settings
from emulator.environment import server_variables
from emulator.intercept.hosts import GOOGLE
from emulator.intercept.running import intercepting
from emulator.serve import address_of, answering, listening

_HOST = "127.0.0.1"
_PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class CommandError(Exception):
    """The command cannot be run.

    Attributes:
        code: What a shell would exit with: 127 if it is not there, else 126.
    """

    def __init__(self, command: str, error: OSError) -> None:
        super().__init__(f"cannot run {command}: {error.strerror}")
        self.code = 127 if isinstance(error, FileNotFoundError) else 126


@dataclass(frozen=True, slots=True)
class Interception:
    """That what the command asks of Google is to end here.

    Attributes:
        offline: Whether it may reach this machine alone.
    """

    offline: bool = False


def run_command(
    command: Sequence[str],
    settings: Settings,
    *,
    port: int,
    environ: Mapping[str, str],
    interception: Interception | None = None,
) -> int:
    """Run *command* beside a server that it finds in its environment.

    Args:
        command: The program, looked for on the path, and its arguments.
        settings: What the user chose for the server.
        port: Where the server listens; 0 is any free port.
        environ: The environment of this process; the command's is the same and more.
        interception: None leaves the command's other requests alone.

    Returns:
        The command's exit code, or 128 and the number of the signal that ended it.

    Raises:
        CommandError: The command is not there, or cannot be run.
        SettingsError, QueueFileError, StoreOpenError: See ``emulator.serve.serve`` and
            ``emulator.intercept.running``.
    """
    if interception is not None:
        hosts = (*settings.allowed_hosts, *GOOGLE)
        settings = replace(settings, allowed_hosts=hosts)
    return asyncio.run(_run(command, settings, port, environ, interception))


async def _run(
    command: Sequence[str],
    settings: Settings,
    port: int,
    environ: Mapping[str, str],
    interception: Interception | None,
) -> int:
    signals = _Signals()
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listening(_HOST, port))
        url = address_of(listener)
        service = await stack.enter_async_context(answering(settings, listener))
        variables = {**environ, **server_variables(url)}
        if interception is not None:
            variables |= await stack.enter_async_context(
                intercepting(service, url, environ=environ, offline=interception.offline)
            )
        return await _finished(command, variables, signals)


async def _finished(
    command: Sequence[str], variables: Mapping[str, str | None], signals: _Signals
) -> int:
    environ = {name: value for name, value in variables.items() if value is not None}
    try:
        process = await asyncio.create_subprocess_exec(*command, env=environ)
    except OSError as error:
        raise CommandError(command[0], error) from error
    signals.send_to(process)
    code = await process.wait()
    return code if code >= 0 else 128 - code


class _Signals:
    """Passes signals on to the command; those that come before there is one wait for it."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._early: list[signal.Signals] = []
        for number in _PASSED_ON:
            # What is ignored, as by nohup, is so for the command too.
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, self._pass_on, number)

    def send_to(self, process: Process) -> None:
        self._process = process
        for number in self._early:
            process.send_signal(number)

    def _pass_on(self, number: signal.Signals) -> None:
        if self._process is None:
            self._early.append(number)
        elif self._process.returncode is None and not _was_typed(number):
            self._process.send_signal(number)


def _was_typed(number: signal.Signals) -> bool:
    """Whether a signal comes from the keyboard, as far as can be known.

    The terminal sends Ctrl-C to all that run in front, the command included, and a second one makes
    many programs break off the cleaning up that the first one made them begin.
    """
    if number is not signal.SIGINT:
        return False
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:  # there is none
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
