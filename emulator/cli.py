"""The command ``tq-emulator``. Options are environment variables too, as ``TQ_EMULATOR_PORT``."""

from __future__ import annotations

import logging
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from discovery.queue_files import QueueFileError
from emulator.config import Settings, SettingsError
from emulator.engine import limits as engine_limits
from emulator.storage.errors import StoreBusyError, StoreOpenError

_DEFAULT_STORE = "sqlite:///taskqueue.db"
_DEFAULT_QUEUES = Path("queue.yaml")
_DEFAULT_URL = "http://127.0.0.1:8088"


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
    default=_DEFAULT_STORE,
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
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    help="What to write to standard error; info is a line for every request.",
)
def serve(host: str, port: int, queues: Path | None, log_level: str, **options: Any) -> None:
    """Serve until SIGTERM or SIGINT.

    Exits with 1 if another server has the store's file, with 2 if a setting cannot be used.
    """
    from emulator.serve import serve as serve_until_stopped  # --help stays fast

    logging.basicConfig(
        level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if queues is None and _DEFAULT_QUEUES.exists():
        queues = _DEFAULT_QUEUES
    try:
        serve_until_stopped(Settings(queues=queues, **options), host=host, port=port)
    except StoreBusyError as error:
        _fail(error, code=1)
    except (SettingsError, QueueFileError, StoreOpenError) as error:
        _fail(error, code=2)


@main.command()
@_option("--url", default=_DEFAULT_URL, help="Where the server is.")
@_option("--timeout", type=float, default=30.0, help="How many seconds to wait at most.")
def wait(url: str, timeout: float) -> None:
    """Wait until a server answers /readyz. Exits with 1 if it does not in time."""
    deadline = time.monotonic() + timeout
    while True:
        trouble = _not_ready(f"{url.rstrip('/')}/readyz")
        if trouble is None:
            return
        if time.monotonic() >= deadline:
            _fail(f"{url} is not ready after {timeout:g} s: {trouble}", code=1)
        time.sleep(0.05)


def _not_ready(url: str) -> str | None:
    """Why the server is not ready, or None if it is."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return None
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error)


def _fail(trouble: object, *, code: int) -> None:
    click.echo(f"tq-emulator: {trouble}", err=True)
    sys.exit(code)
