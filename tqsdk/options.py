"""What may be chosen for the client as a whole, and again for each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict, Unpack

from tqsdk import config
from tqsdk.errors import ConfigError
from tqsdk.retry import RetryPolicy
from tqsdk.transport import Timeout, merged


class CallOptions(TypedDict, total=False):
    """The keywords that every call takes; those left out are as the client was made.

    Attributes:
        retry: How often to try.
        timeout: Seconds for each attempt, ``(connect, read)`` or one number for both.
        deadline: Seconds for all attempts and the waits between them; None for no such bound.
        headers: Sent with each request, and stronger than the client's own of the same name.
    """

    retry: RetryPolicy
    timeout: float | tuple[float, float]
    deadline: float | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The choices made, complete; see CallOptions.

    Raises:
        ConfigError: A time is not above 0, or a header cannot be sent.
    """

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    timeout: float | tuple[float, float] = (5.0, 30.0)
    deadline: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        limits = self.limits
        if not (limits.connect > 0 and limits.read > 0):
            raise ConfigError("timeout must be above 0 seconds, for connecting and for reading")
        if self.deadline is not None and not self.deadline > 0:
            raise ConfigError("deadline must be above 0 seconds, or None for no deadline")
        for name, value in self.headers.items():
            config.check_header(name, value)

    @property
    def limits(self) -> Timeout:
        """The timeout as a transport takes it."""
        both = self.timeout if isinstance(self.timeout, tuple) else (self.timeout, self.timeout)
        return Timeout(*both)

    def but(self, **options: Unpack[CallOptions]) -> Options:
        """The same, but for these; of headers, those of the same name are replaced."""
        if not options:
            return self
        if "headers" in options:
            options["headers"] = merged(options["headers"], self.headers)
        return replace(self, **options)
