"""Results together with the answers that they were read from: ``client.with_raw_response``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from tqsdk.errors import ArgumentError
from tqsdk.hooks import Attempt, recording
from tqsdk.transport import Response

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class RawResponse(Generic[T]):
    """What a method returned, and the last answer on the way there.

    Attributes:
        result: What the method returned.
        response: The last answer: if an insert had to be looked up, that of the look.
        attempts: How many requests were sent.
    """

    result: T
    response: Response
    attempts: int

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    def header(self, name: str) -> str | None:
        """The value of a header, its name in any case."""
        return self.response.header(name)

    @classmethod
    def of(cls, result: T, attempts: list[Attempt]) -> RawResponse[T]:
        """What *attempts* led to.

        Raises:
            ArgumentError: None of them was answered.
        """
        for attempt in reversed(attempts):
            if attempt.response is not None:
                return cls(result, attempt.response, len(attempts))
        raise ArgumentError("method", "sent no request, or not in this thread")


def call_recorded(method: Callable[P, T], /, *args: P.args, **keywords: P.kwargs) -> RawResponse[T]:
    """Call *method*, and keep the answer that its result comes from."""
    with _recorded() as attempts:
        result = method(*args, **keywords)
    return RawResponse[T].of(result, attempts)


async def await_recorded(
    method: Callable[P, Awaitable[T]], /, *args: P.args, **keywords: P.kwargs
) -> RawResponse[T]:
    """Call and await *method*, and keep the answer that its result comes from."""
    with _recorded() as attempts:
        result = await method(*args, **keywords)
    return RawResponse[T].of(result, attempts)


@contextmanager
def _recorded() -> Generator[list[Attempt]]:
    attempts: list[Attempt] = []
    around = recording.set(attempts)
    try:
        yield attempts
    finally:
        recording.reset(around)
