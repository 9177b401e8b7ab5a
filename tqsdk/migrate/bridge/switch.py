"""Which mode holds now: the environment says it, or names a file that says it.

A variable of a process that runs cannot be changed from outside. So it may be ``@`` and the path of
a file, whose first line is the mode: then a switch, or a roll-back, is one line in one file, and
needs neither a deployment nor a restart.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from tqsdk.clock import SystemClock, Watch
from tqsdk.errors import ConfigError
from tqsdk.forks import Lock
from tqsdk.migrate.bridge.modes import Mode

VARIABLE = "TASKQUEUE_BRIDGE"

_log = logging.getLogger("tqsdk")
_SYSTEM_CLOCK = SystemClock()


class Switch:
    """Says which mode holds.

    Args:
        environ: Has ``TASKQUEUE_BRIDGE``: a mode, or ``@PATH`` of a file with one. It is looked at
            each time, so a test may change it.
        seconds: How often the file is read at most.
        clock: Measures that.

    Raises:
        ConfigError: The variable is not set, or there is no mode where it says. Later on, when the
            file or the variable goes bad, the last good mode holds, and that is logged.
    """

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        *,
        seconds: float = 1.0,
        clock: Watch = _SYSTEM_CLOCK,
    ) -> None:
        self._environ = environ
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._trouble: str | None = None
        self._said, self._mode = self._look()
        self._until = clock.monotonic() + seconds

    def __call__(self) -> Mode:
        """The mode that holds."""
        said = self._environ.get(VARIABLE, "")
        now: float = self._clock.monotonic()
        with self._lock:
            if said != self._said or (said.startswith("@") and now >= self._until):
                self._until = now + self._seconds
                self._renew()
            return self._mode

    def _renew(self) -> None:
        try:
            self._said, mode = self._look()
        except ConfigError as error:
            if self._trouble != str(error):
                _log.warning("the bridge stays at %s: %s", self._mode.value, error)
            self._trouble = str(error)
            return
        self._trouble = None
        if mode is not self._mode:
            _log.warning("the bridge goes from %s to %s", self._mode.value, mode.value)
            self._mode = mode

    def _look(self) -> tuple[str, Mode]:
        said = self._environ.get(VARIABLE, "")
        if not said.startswith("@"):
            return said, mode_of(said, VARIABLE)
        path = Path(said[1:])
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{VARIABLE}: {path}: {error}") from error
        return said, mode_of(lines[0].strip() if lines else "", str(path))


def mode_of(text: str, where: str) -> Mode:
    """The mode of this name.

    Raises:
        ConfigError: There is none.
    """
    try:
        return Mode(text)
    except ValueError:
        known = ", ".join(mode.value for mode in Mode)
        raise ConfigError(f"{where}: no mode {text!r}; there are {known}") from None
