"""The command ``tq`` itself, and the border where every failure becomes one line and a code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from tqsdk.cli.call import call
from tqsdk.cli.completion import completion
from tqsdk.cli.drain import drain
from tqsdk.cli.failures import Exit, explain, report
from tqsdk.cli.migrate import migrate
from tqsdk.cli.queues import queues
from tqsdk.cli.session import shared_options
from tqsdk.cli.tasks import tasks
from tqsdk.errors import TaskQueueError


class Tq(click.Group):
    """A group of commands whose failures end as docs/cli.md says."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run; the exit code is returned, or with *standalone_mode* left with."""
        arguments = sys.argv[1:] if args is None else list(args)
        code = self._run(arguments, prog_name, complete_var, **extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: click.Context) -> Any:
        # click would end a broken pipe with 1, like any failure.
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise click.exceptions.Exit(Exit.BROKEN_PIPE) from None

    def _run(
        self, arguments: list[str], prog_name: str | None, complete_var: str | None, **extra: Any
    ) -> int:
        try:
            code = super().main(arguments, prog_name, complete_var, False, **extra)
        except click.Abort:
            return Exit.INTERRUPTED
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return Exit.USAGE
        except (click.ClickException, TaskQueueError, OSError, UnicodeEncodeError) as error:
            failure = explain(error)
            report(failure, as_json=_asks_for_json(arguments))
            return failure.exit
        return code if isinstance(code, int) else Exit.DONE


@click.group(
    cls=Tq, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="taskqueue-sdk", prog_name="tq")
@shared_options
def tq() -> None:
    """Pull queues of Google's Task Queue REST API (taskqueue/v1beta2), from the shell."""


for _command in (tasks, queues, drain, call, migrate, completion):
    tq.add_command(_command)


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether errors are to be JSON; asked of the words, for they may be what the error is."""
    return "--json" in arguments and "--" not in arguments[: arguments.index("--json")]
