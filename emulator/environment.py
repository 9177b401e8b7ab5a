"""What programs read to find a server, as variables of their environment and as lines for shells.

Nothing here reads the environment; ``cli`` does.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

Shell: TypeAlias = Literal["sh", "fish", "powershell"]
Variables: TypeAlias = Mapping[str, str | None]

SHELLS: tuple[Shell, ...] = get_args(Shell)


def server_variables(url: str) -> Variables:
    """The variables that name the server at *url*; those that are None must not be set.

    Args:
        url: ``http://HOST:PORT`` or ``https://HOST:PORT``.
    """
    parts = urlsplit(url)
    return {
        # It means plain HTTP, and wins over the next.
        "TASKQUEUE_EMULATOR_HOST": parts.netloc if parts.scheme == "http" else None,
        "TASKQUEUE_ENDPOINT": url,
        "TQ_EMULATOR_URL": url,
    }


def shell_lines(variables: Variables, shell: Shell) -> list[str]:
    """What *shell* has to run to have *variables*."""
    line = _LINES[shell]
    return [line(name, value) for name, value in variables.items()]


def _sh(name: str, value: str | None) -> str:
    return f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str | None) -> str:
    if value is None:
        return f"set -e {name}"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str | None) -> str:
    if value is None:
        return f"Remove-Item -ErrorAction Ignore Env:{name}"
    escaped = value.replace("'", "''")
    return f"$Env:{name} = '{escaped}'"


_LINES: Mapping[Shell, Callable[[str, str | None], str]] = {
    "sh": _sh,
    "fish": _fish,
    "powershell": _powershell,
}
