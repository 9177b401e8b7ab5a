"""The bridge: a program works with an old queue and a new one at once, and is switched over.

::

    modes.py       the five ways to share the work, and what may follow what
    switch.py      which one holds now: an environment variable, or a file that it names
    queue.py       the queue that programs use; lease.py: what it leases
    secondary.py   the other queue: copies in it, which may fail
    counters.py    what has happened, for people and for programs; telling.py: for OpenTelemetry
"""

from tqsdk.migrate.bridge.counters import Counters as Counters
from tqsdk.migrate.bridge.modes import Mode as Mode
from tqsdk.migrate.bridge.queue import Bridge as Bridge
from tqsdk.migrate.bridge.queue import Standing as Standing
from tqsdk.migrate.bridge.switch import Switch as Switch
