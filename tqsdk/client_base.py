"""What clients of every kind are before they can send: where to, as whom, how patiently."""

from __future__ import annotations

import copy
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Generic, Self, TypedDict, TypeVar, Unpack

from tqsdk import auth, config
from tqsdk.auth import Credentials
from tqsdk.budget import RetryBudget
from tqsdk.clock import Watch
from tqsdk.exchange import Exchange
from tqsdk.hooks import AttemptHook, Tracing
from tqsdk.limits import Limits
from tqsdk.options import CallOptions, Options
from tqsdk.retry import RetryPolicy
from tqsdk.setup import Setup
from tqsdk.version import __version__

C = TypeVar("C", bound=Watch)

_STANDARD_LIMITS = Limits()


class ClientSettings(TypedDict, total=False):
    """The keywords that every client takes.

    Attributes:
        endpoint: The URL of the server, without the API's own path; otherwise from
            ``TASKQUEUE_EMULATOR_HOST`` (``host:port``), then ``TASKQUEUE_ENDPOINT`` (URL). There is
            no default server.
        token: An OAuth access token, sent as it is to whatever server was given.
        credentials: What gives tokens: ``tqsdk.auth.default()`` or ``service_account(...)``, any
            credentials of google-auth, or a function that returns a token.
        user_agent_suffix: Added to the User-Agent, such as ``my-app/2.1``.
        retry: How often to try; for this and the next three see ``CallOptions``.
        timeout: Seconds for each attempt: ``(connect, read)``, or one number for both.
        deadline: Seconds for all attempts of one operation together.
        headers: Sent with each request.
        limits: What is checked before sending; ``Limits.none()`` for servers with other limits.
        retry_budget: What the repetitions of this client may cost together; None for no bound. Give
            the same one to several clients of one server.
        on_attempt: A function, or several, called with an ``Attempt`` after each request, in the
            thread that sent it. What it raises is logged and goes no further.
        tracing: Makes spans; see ``tqsdk.otel.tracing``.
    """

    endpoint: str | None
    token: str | None
    credentials: Credentials | None
    user_agent_suffix: str | None
    retry: RetryPolicy
    timeout: float | tuple[float, float]
    deadline: float | None
    headers: Mapping[str, str]
    limits: Limits
    retry_budget: RetryBudget | None
    on_attempt: AttemptHook | Sequence[AttemptHook]
    tracing: Tracing | None


class ClientBase(Generic[C]):
    """Everything about a client but sending and waiting.

    Args:
        project: As for ``Client``.
        product: What carries requests, for the User-Agent: ``requests/2.32``.
        is_remote: Whether it goes over a network, so that there must be an endpoint.
        clock: What measures time.
        settings: As ``ClientSettings``.

    Raises:
        ConfigError: No project or no server is given, or a setting makes no sense.
    """

    def __init__(
        self,
        project: str | None,
        *,
        product: str | None,
        is_remote: bool,
        clock: C,
        **settings: Unpack[ClientSettings],
    ) -> None:
        self.endpoint: str = config.find_endpoint(
            settings.get("endpoint"), os.environ, fallback=None if is_remote else "http://localhost"
        )
        self.project: str = config.find_project(project, os.environ)
        self.limits: Limits = settings.get("limits", _STANDARD_LIMITS)
        self.clock = clock
        self._closes = True
        self._options = Options().but(**_call_options(settings))
        self._authorizer = auth.authorizer(
            token=settings.get("token"),
            credentials=settings.get("credentials"),
            endpoint=self.endpoint,
            is_emulator=config.is_emulator(self.endpoint, os.environ),
            clock=clock,
        )
        suffix = config.check_product(settings.get("user_agent_suffix"))
        self._setup = Setup(
            endpoint=self.endpoint,
            headers=_who_calls(product, suffix),
            clock=clock,
            budget=settings["retry_budget"] if "retry_budget" in settings else RetryBudget(),
            on_attempt=_listed(settings.get("on_attempt", ())),
            tracing=settings.get("tracing"),
        )

    @property
    def options(self) -> Options:
        """What holds for calls that do not say otherwise."""
        return self._options

    def exchange(self, **options: Unpack[CallOptions]) -> Exchange:
        """The start of one operation, for which a script can be written; see ``operations``."""
        return Exchange(self._setup, self._options.but(**options))

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """A client with other defaults on the same connections, which only the first one closes."""
        other = copy.copy(self)
        other._options = self._options.but(**options)
        other._closes = False
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.project!r}, endpoint={self.endpoint!r})"


def _call_options(settings: ClientSettings) -> CallOptions:
    options: CallOptions = {}
    if "retry" in settings:
        options["retry"] = settings["retry"]
    if "timeout" in settings:
        options["timeout"] = settings["timeout"]
    if "deadline" in settings:
        options["deadline"] = settings["deadline"]
    if "headers" in settings:
        options["headers"] = settings["headers"]
    return options


def _listed(hooks: AttemptHook | Sequence[AttemptHook]) -> tuple[AttemptHook, ...]:
    return (hooks,) if callable(hooks) else tuple(hooks)


def _who_calls(product: str | None, suffix: str | None) -> dict[str, str]:
    python = platform.python_version()
    products = [f"tqsdk/{__version__}", f"python/{python}", product, suffix]
    # The form in which Google's own libraries say the same.
    return {
        "Accept": "application/json",
        "User-Agent": " ".join(filter(None, products)),
        "x-goog-api-client": f"gl-python/{python} tqsdk/{__version__}",
    }
