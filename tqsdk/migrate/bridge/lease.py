"""A lease of a task of the old queue, which may have a copy in the new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from tqsdk.exchange import Script
from tqsdk.lease import Lease
from tqsdk.options import CallOptions


class OldLease(Lease):
    """A lease as any other, but that its deletion begins with that of the copy.

    Args:
        lease: The lease.
        forget: Deletes the copy of the task of this name.
    """

    def __init__(self, lease: Lease, forget: Callable[[str], object]) -> None:
        super().__init__(lease._client, lease._address, lease._held)
        self._forget = forget

    def _deletion(self, *, missing_ok: bool, **options: Unpack[CallOptions]) -> Script[None]:
        self._forget(self.name)
        return super()._deletion(missing_ok=missing_ok, **options)
