"""What the engine refuses, and why.

::

    EngineError
    |- RefusedError          the request breaks a rule; nothing was changed
    |  |- OutOfRangeError    a number is outside its limits
    |  |- AttemptReusedError a lease call's id came again with another call
    |  `- WrongTimeError     a controlled clock cannot go there
    |- OverloadedError       too much is waiting; nothing was changed, try again
    `- StoreFailedError      the disk or the database failed; whether it was kept is not known
"""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """The App Engine backend's error codes, as far as a pull queue can meet them.

    Names and numbers are those of App Engine's ``TaskQueueServiceError`` (SEMANTICS.md section 1);
    clients see the name in a response header, so it is a published name.
    """

    UNKNOWN_QUEUE = 1
    TRANSIENT_ERROR = 2
    TASK_TOO_LARGE = 4
    INVALID_TASK_NAME = 5
    INVALID_QUEUE_NAME = 6
    PERMISSION_DENIED = 9
    TASK_ALREADY_EXISTS = 10
    TOMBSTONED_TASK = 11
    INVALID_ETA = 12
    INVALID_REQUEST = 13
    UNKNOWN_TASK = 14
    INVALID_PAYLOAD = 19
    INVALID_QUEUE_MODE = 21
    TASK_LEASE_EXPIRED = 25
    QUEUE_PAUSED = 26
    INVALID_TAG = 27


class EngineError(Exception):
    """Anything that keeps an operation from being done."""


class RefusedError(EngineError):
    """The request breaks a rule of the engine; nothing was changed.

    Attributes:
        code: Which rule.
        detail: What was wrong and what would be right, for people.
    """

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(f"{code.name}: {detail}")
        self.code = code
        self.detail = detail


class OutOfRangeError(RefusedError):
    """A number is outside its limits (INVALID_REQUEST).

    Attributes:
        argument: The engine's name of the argument.
        value: What was given.
        low: The smallest value allowed.
        high: The largest, or None where only *low* bounds it.
    """

    def __init__(self, argument: str, value: int, *, low: int, high: int | None) -> None:
        bounds = f"at least {low}" if high is None else f"from {low} to {high}"
        super().__init__(Code.INVALID_REQUEST, f"{argument} is {value}, and must be {bounds}")
        self.argument = argument
        self.value = value
        self.low = low
        self.high = high


class AttemptReusedError(RefusedError):
    """The id of a lease call that still counts came with other arguments (INVALID_REQUEST).

    Attributes:
        id: The call's.
    """

    def __init__(self, id: str) -> None:
        super().__init__(
            Code.INVALID_REQUEST,
            f"attempt {id!r} asked for something else: each new call needs an id of its own",
        )
        self.id = id


class WrongTimeError(RefusedError):
    """A controlled clock cannot go to an instant (INVALID_REQUEST).

    Attributes:
        asked: Where it was to go; microseconds.
        now: Where it is; it never goes back.
        latest: Where it ends.
    """

    def __init__(self, asked: int, *, now: int, latest: int) -> None:
        super().__init__(
            Code.INVALID_REQUEST, f"a clock at {now} goes no further back, nor beyond {latest}"
        )
        self.asked = asked
        self.now = now
        self.latest = latest


class OverloadedError(EngineError):
    """More work is waiting than the store takes on; nothing was changed, and a retry is safe."""


class StoreFailedError(EngineError):
    """The store failed under the operation; whether the change was kept is not known."""
