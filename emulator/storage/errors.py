"""Why a store could not be opened. Each message is one line for the person who gave its address.

::

    StoreOpenError
    |- StoreBusyError         another process has it
    |- StoreUnusableError     it cannot be read, or is not ours
    `- StoreVirtualTimeError  its time is not the machine's, and the server's is
"""

from __future__ import annotations


class StoreOpenError(Exception):
    """The store could not be opened."""


class StoreBusyError(StoreOpenError):
    """Another process serves this store."""


class StoreUnusableError(StoreOpenError):
    """The store cannot be read or written, belongs to another program, or is too new."""


class StoreVirtualTimeError(StoreOpenError):
    """The store was written under a virtual clock, and the server has none."""
