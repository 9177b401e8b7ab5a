"""The counts of a bridge for OpenTelemetry, if the application has it; else nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tqsdk.migrate.bridge.counters import NAMES
from tqsdk.version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider


def instrument(
    queue: str, provider: MeterProvider | None = None
) -> Callable[[str, int], None] | None:
    """What makes counters, for ``Counters(tell=)``.

    Each count is a counter ``tqsdk.bridge.NAME`` with the attribute ``messaging.destination.name``.

    Args:
        queue: The attribute.
        provider: Where the counts go; otherwise to the application's global one.

    Returns:
        None, which tells nothing, if ``opentelemetry-api`` is not installed.
    """
    try:
        from opentelemetry import metrics
    except ImportError:
        return None
    meter = metrics.get_meter("tqsdk", __version__, provider)
    counters = {
        name: meter.create_counter(f"tqsdk.bridge.{name}", "{task}", meaning)
        for name, meaning in NAMES.items()
    }
    attributes = {"messaging.destination.name": queue}

    def tell(name: str, count: int) -> None:
        counters[name].add(count, attributes)

    return tell
