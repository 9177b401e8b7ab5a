"""The pull-queue engine: what a task, a lease and a tombstone are, and every rule about them.

Standard library only, and no word of HTTP: the wire lives in ``emulator.rest``. Times are integer
microseconds since 1970 UTC; the clock is an argument.

Map: ``model`` (what there is), ``limits`` and ``queues`` (what is allowed), ``errors`` (what is
refused), ``store`` (what a store must remember), ``engine`` (the operations), ``clock``, ``names``.
"""
