"""``tq migrate export``, ``import``, ``copy`` and ``verify``: moves tasks, and proves it.

::

    model.py       what is moved, and what sources and targets promise
    ledger.py      how far a move has come, on the disk
    mover.py       from a source to a target, through the ledger
    addresses.py   which source or target an address names

Each other module is a source, a target or both. One that needs a library imports it when it is
made, and says what installs it.
"""
