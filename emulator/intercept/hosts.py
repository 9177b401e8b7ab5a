"""Which hosts are Google's, and therefore ours while a command is intercepted."""

from __future__ import annotations

from emulator.rest.access import names

GOOGLE = (
    ".googleapis.com",
    ".google.com",
    ".google.internal",
    ".googleusercontent.com",
    ".appspot.com",
    "169.254.169.254",  # where machines at Google find their metadata server
)
"""As ``Settings.allowed_hosts`` has them."""


def is_google(host: str) -> bool:
    """Whether *host*, a name or an address in lower case, is Google's."""
    return names(GOOGLE, host.rstrip("."))
