"""Which queues there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.engine.errors import Code, RefusedError
from emulator.engine.model import QueueSettings
from emulator.engine.names import check_queue_name

_SPRUNG = QueueSettings()


@dataclass(frozen=True, slots=True)
class QueueBook:
    """The configured queues, the same for every project (RULINGS 8).

    Attributes:
        configured: Settings by queue name.
        auto_create: Whether a queue that is not configured behaves as an empty pull queue.
    """

    configured: Mapping[str, QueueSettings] = field(default_factory=dict)
    auto_create: bool = True

    def pull_queue(self, name: str) -> QueueSettings:
        """The settings of the pull queue *name*.

        A queue that was dropped from the configuration keeps its stored tasks, but cannot be
        addressed until it is configured again.

        Raises:
            RefusedError: INVALID_QUEUE_NAME, UNKNOWN_QUEUE, or INVALID_QUEUE_MODE for a push queue.
        """
        settings = self.configured.get(name)
        if settings is None:
            check_queue_name(name)
            if not self.auto_create:
                raise RefusedError(
                    Code.UNKNOWN_QUEUE, f"queue {name!r} is not configured, and auto-create is off"
                )
            return _SPRUNG
        if not settings.pull:
            raise RefusedError(Code.INVALID_QUEUE_MODE, f"queue {name!r} is a push queue")
        return settings
