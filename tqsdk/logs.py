"""Log lines for people, without secrets. Nothing here happens by itself.

The client logs under the name ``tqsdk``: each request at DEBUG, each wait at INFO. It never logs a
header, a payload or a token.
"""

from __future__ import annotations

import logging
import os
import re

from tqsdk import config

_SECRETS = (
    re.compile(r"(?i)\b((?:bearer|oauth|basic)\s+)[^\s'\",;]+"),
    re.compile(
        r"(?i)\b((?:access_token|oauth_token|id_token|refresh_token|assertion|client_secret"
        r"|private_key)['\"]?\s*[=:]\s*['\"]?)[^\s'\"&,;]+"
    ),
)


class RedactingFormatter(logging.Formatter):
    """Formats as ``logging.Formatter`` does, and puts ``***`` for whatever looks like a secret.

    A second line of defence, for handlers that show other libraries' lines and tracebacks too.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in _SECRETS:
            text = secret.sub(r"\1***", text)
        return text


def log_to_stderr(level: str | None = None) -> None:
    """Show on standard error what the client does.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``; otherwise as ``TQSDK_LOG`` says, and
            nothing if it is not set.

    Raises:
        ConfigError: There is no such level.
    """
    chosen = config.find_log_level(level, os.environ)
    if chosen is None:
        return
    logger = logging.getLogger("tqsdk")
    for handler in logger.handlers[:]:
        if isinstance(handler, _OurHandler):
            logger.removeHandler(handler)
    handler = _OurHandler()
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(chosen)


class _OurHandler(logging.StreamHandler):  # type: ignore[type-arg] # generic to mypy alone
    """Known by its class, so that a second call replaces it."""
