"""Why a store could not be opened. Each message is one line for the person who gave its address.

::

    StoreOpenError
    |- StoreBusyError         another process has it
    `- StoreUnusableError     it cannot be read, or is not ours
"""

from __future__ import annotations


class StoreOpenError(Exception):
    """The store could not be opened."""


class StoreBusyError(StoreOpenError):
    """Another process serves this store."""


class StoreUnusableError(StoreOpenError):
    """The store cannot be read or written, belongs to another program, or is too new."""
