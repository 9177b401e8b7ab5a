"""Many scripts run as one: what they want to send at the same time goes into one batch request.

Each script stays what it is: it decides about its own repetitions, and is given its own answer, or
its own error. A failure of the request as a whole is a failure of every part in it, of the same
kind. A script that pauses holds up no other.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Generic, TypeAlias, TypeVar

from tqsdk import multipart
from tqsdk.clock import Watch
from tqsdk.errors import AmbiguousResultError, TaskQueueError
from tqsdk.exchange import Authorize, Pause, Script, Send, Step
from tqsdk.transport import Response, Timeout

T = TypeVar("T")

Answer: TypeAlias = Response | str | Exception | None

_MOST_BYTES = 16 << 20  # of one request: our server takes 64 MiB, others may take less
_PER_PART = 400  # bytes, about, that a part takes beside its URL and body
_GATHERING = 0.1  # seconds that a pause may last longer, so that more goes into the next request

_LOST = AmbiguousResultError("the answer to the batch has no readable part for this request")
_NO_BATCHES_HERE = (404, 405, 501)
_TOO_LARGE = 413


class Planned(Generic[T]):
    """Something that is to be done together with others, and what became of it.

    Attributes:
        done: Whether it has been tried, to its end.
        error: Why it failed; None if it did not, or is not done.
    """

    def __init__(self, script: Script[T]) -> None:
        self.done: bool = False
        self.error: Exception | None = None
        self._script = script
        self._value: T

    def result(self) -> T:
        """What came of it; if it failed, its error is raised.

        Raises:
            RuntimeError: It is not done.
        """
        if not self.done:
            raise RuntimeError("there is no result yet: execute the batch first")
        if self.error is not None:
            raise self.error
        return self._value

    def _go_on(self, answer: Answer) -> Step | None:
        """Give the script its answer, and return its next step; None if it has ended."""
        try:
            if isinstance(answer, Exception):
                return self._script.throw(answer)
            return self._script.send(answer)
        except StopIteration as end:
            self._value = end.value
        except Exception as error:  # whatever it is, it is the result of this script alone
            self.error = error
        self.done = True
        return None

    def _close(self) -> None:
        self._script.close()


class Lanes:
    """Scripts side by side, against one server.

    Args:
        endpoint: The server's URL, to which all of them send.
        clock: What pauses are measured by.
        most_parts: In one request; 1 to 1000.
        most_bytes: Of one request, about; a part that is larger goes alone.
    """

    def __init__(
        self,
        endpoint: str,
        clock: Watch,
        *,
        most_parts: int = multipart.MOST_PARTS,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._most_parts = most_parts
        self._most_bytes = most_bytes
        self._ready: deque[tuple[Planned[Any], Send]] = deque()
        self._paused: list[tuple[float, Planned[Any]]] = []
        self._asking: dict[Authorize, list[Planned[Any]]] = {}

    def add(self, script: Script[T]) -> Planned[T]:
        """Start *script*, as far as it goes without sending."""
        lane = Planned(script)
        self.start(lane)
        return lane

    def start(self, lane: Planned[Any]) -> None:
        """Start what was planned elsewhere, likewise."""
        self._go_on(lane, None)

    def turn(self) -> Script[float | None]:
        """Send one request with all that is ready.

        Returns:
            Seconds until the next turn has something to do; None if all scripts have ended.
        """
        now = self._clock.monotonic()
        self._wake(lambda at, lane: at <= now)
        while self._asking:
            yield from self._authorize(*self._asking.popitem())
        if self._ready:
            yield from self._send(self._load())
        return self._wait()

    def wake(self, lanes: Iterable[Planned[Any]]) -> None:
        """End the pauses of these."""
        woken = set(lanes)
        self._wake(lambda at, lane: lane in woken)

    def close(self) -> None:
        """Give up all that have not ended."""
        ready, paused = (lane for lane, _ in self._ready), (lane for _, lane in self._paused)
        _close(chain(ready, paused, *self._asking.values()))
        self._ready.clear()
        self._paused.clear()
        self._asking.clear()

    def _wake(self, is_time: Callable[[float, Planned[Any]], bool]) -> None:
        paused, self._paused = self._paused, []
        for at, lane in paused:
            if is_time(at, lane):
                self._go_on(lane, None)
            else:
                self._paused.append((at, lane))

    def _wait(self) -> float | None:
        if self._ready or self._asking:
            return 0.0
        if not self._paused:
            return None
        first = min(at for at, _ in self._paused)
        last = max(at for at, _ in self._paused if at <= first + _GATHERING)
        return max(0.0, last - self._clock.monotonic())

    def _load(self) -> list[tuple[Planned[Any], Send]]:
        """Take what fits into one request, the longest ready first."""
        load = [self._ready.popleft()]
        size = _size(load[0][1])
        while self._ready and len(load) < self._most_parts:
            size += _size(self._ready[0][1])
            if size > self._most_bytes:
                break
            load.append(self._ready.popleft())
        return load

    def _authorize(self, step: Authorize, lanes: list[Planned[Any]]) -> Script[None]:
        """Ask once for all that ask the same."""
        answer: Answer
        try:
            answer = yield step
        except Exception as error:
            answer = error
        except BaseException:
            _close(lanes)
            raise
        for lane in lanes:
            self._go_on(lane, _own(answer))

    def _send(self, load: list[tuple[Planned[Any], Send]]) -> Script[None]:
        answers: list[Response | Exception] | None
        for _, send in load:
            if send.exchange is not None and send.exchange.share:
                send.exchange.share = 1 / len(load)
        try:
            if len(load) == 1:  # needs no envelope
                answers = [_response((yield load[0][1]))]
            else:
                answers = yield from self._answers([send for _, send in load])
        except Exception as error:
            answers = [error for _ in load]
        except BaseException:  # cancelled, or interrupted
            _close(lane for lane, _ in load)
            raise
        if answers is None:
            self._ready.extendleft(reversed(load))
            return
        for (lane, _), answer in zip(load, answers, strict=True):
            self._go_on(lane, _own(answer))

    def _answers(self, sends: list[Send]) -> Script[list[Response | Exception] | None]:
        """What each is answered; None if the server cannot take them together, and did nothing."""
        envelope = multipart.enclose([send.request for send in sends], endpoint=self._endpoint)
        answer = _response((yield Send(envelope.request, _most_impatient(sends))))
        if answer.status in _NO_BATCHES_HERE:
            self._most_parts = 1
            return None
        if answer.status == _TOO_LARGE:
            self._most_bytes = sum(map(_size, sends)) // 2
            return None
        if not 200 <= answer.status < 300:
            return [answer for _ in sends]
        return [_LOST if each is None else each for each in envelope.answers(answer)]

    def _go_on(self, lane: Planned[Any], answer: Answer) -> None:
        step = lane._go_on(answer)
        if isinstance(step, Send):
            self._ready.append((lane, step))
        elif isinstance(step, Pause):
            self._paused.append((self._clock.monotonic() + step.seconds, lane))
        elif isinstance(step, Authorize):
            self._asking.setdefault(step, []).append(lane)


def together(lanes: Lanes) -> Script[None]:
    """Run *lanes* until all their scripts have ended."""
    try:
        while (wait := (yield from lanes.turn())) is not None:
            if wait:
                yield Pause(wait)
    finally:
        lanes.close()


def _close(lanes: Iterable[Planned[Any]]) -> None:
    """Let their scripts clean up: one may hold the lock of a lease."""
    for lane in lanes:
        lane._close()


def _size(send: Send) -> int:
    return len(send.request.url) + len(send.request.body or b"") + _PER_PART


def _most_impatient(sends: Iterable[Send]) -> Timeout:
    """The shortest of their timeouts: nobody's deadline is to pass unnoticed."""
    return min((send.timeout for send in sends), key=lambda timeout: timeout.read)


def _own(answer: Answer) -> Answer:
    """For one script: it writes into an error what it was about."""
    if not isinstance(answer, TaskQueueError):
        return answer
    own = copy.copy(answer)
    own.__cause__ = answer.__cause__
    return own


def _response(answer: Response | str | None) -> Response:
    if not isinstance(answer, Response):
        raise TypeError("whoever runs a script answers each Send with a Response")
    return answer
