"""How much may be repeated by one client, so that repetitions do not keep a server down."""

from __future__ import annotations

from tqsdk.errors import ConfigError
from tqsdk.forks import Lock
from tqsdk.retry import Failure

_COSTS = {Failure.THROTTLED: 5.0}  # the server is there, and says when it wants more
_COST = 14.0


class RetryBudget:
    """A bucket of tokens that all operations of a client share, from any thread.

    A repetition takes 14 tokens, or 5 if the server itself asked for it. Success gives back what
    the operation took, and 1 if that was nothing. So as long as most operations succeed in the end
    nothing changes; when a server is down, about 35 repetitions are made, and then each operation
    is tried once until some succeed again.

    Args:
        size: The tokens there are at first, and at most.

    Raises:
        ConfigError: The size is negative.
    """

    def __init__(self, size: float = 500) -> None:
        if not size >= 0:
            raise ConfigError("RetryBudget: size cannot be negative")
        self.size = size
        self._left = float(size)
        self._lock = Lock()

    @property
    def left(self) -> float:
        """The tokens there are now."""
        return self._left

    def take(self, failure: Failure, share: float = 1.0) -> float | None:
        """Pay for one repetition.

        Args:
            failure: Why it is needed.
            share: What part of a request it is: in a batch of 100 calls, 1/100.

        Returns:
            What it cost, or None if there is not enough left.
        """
        cost = _COSTS.get(failure, _COST) * share
        with self._lock:
            if self._left < cost:
                return None
            self._left -= cost
        return cost

    def give_back(self, tokens: float) -> None:
        """Put *tokens* in, as far as there is room."""
        if self._left >= self.size:  # nearly always: spare the lock
            return
        with self._lock:
            self._left = min(self.size, self._left + tokens)
