"""What tests of queues and their users need. Imports no client.

``running`` is a server for as long as a block runs, ``controls`` a client of its control API,
``kit`` what a test asks of its own project. ``plugin`` gives them to pytest, ``unit`` to unittest.
``no_sleep`` finds tests that wait for real time. ``history`` judges a record of operations: was
anything lost, or held by two at once? ``verify`` makes such a record with a server that it kills
again and again; ``process`` is a server to kill.

pytest reads this package wherever it is installed, so its modules are imported when somebody asks.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.testing.calling import ControlError as ControlError
    from emulator.testing.controls import Controls as Controls
    from emulator.testing.kit import TaskQueue as TaskQueue
    from emulator.testing.no_sleep import RealSleepError as RealSleepError
    from emulator.testing.no_sleep import no_sleeping as no_sleeping
    from emulator.testing.running import running as running
    from emulator.testing.server import Server as Server
    from emulator.testing.unit import TaskQueueTestCase as TaskQueueTestCase
    from emulator.testing.values import Fault as Fault
    from emulator.testing.values import Latency as Latency
    from emulator.testing.values import TaskState as TaskState

_MODULES = {
    "ControlError": "calling",
    "Controls": "controls",
    "Fault": "values",
    "Latency": "values",
    "RealSleepError": "no_sleep",
    "Server": "server",
    "TaskQueue": "kit",
    "TaskQueueTestCase": "unit",
    "TaskState": "values",
    "no_sleeping": "no_sleep",
    "running": "running",
}


def __getattr__(name: str) -> object:
    """One of the names above, from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
