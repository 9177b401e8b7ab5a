"""A queue of values: as ``queue`` and ``lease``, with a codec between values and payloads.

A payload is decoded when its value is asked for, and not before: one that cannot be read spoils
neither the lease call that brought it nor the other tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, Self, TypeVar, Unpack, overload

from tqsdk import codecs
from tqsdk.codecs import Codec
from tqsdk.lease import Lease, Leases
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.options import CallOptions
from tqsdk.queue import Queue

V = TypeVar("V")


class TypedLease(Lease, Generic[V]):
    """A lease whose payload stands for a value. It takes the place of *lease*."""

    def __init__(self, lease: Lease, codec: Codec[V]) -> None:
        vars(self).update(vars(lease))
        self._codec = codec

    @property
    def value(self) -> V:
        """What was inserted.

        Raises:
            PayloadDecodeError: The codec cannot read the payload. The lease goes on.
        """
        return codecs.read(self._codec, self.task)


class TypedLeases(Leases, Generic[V]):
    """What one lease call gave, as ``Leases``."""

    if TYPE_CHECKING:  # they are given TypedLeases, and give them back

        @overload
        def __getitem__(self, index: int) -> TypedLease[V]: ...
        @overload
        def __getitem__(self, index: slice) -> tuple[TypedLease[V], ...]: ...
        def __getitem__(self, index: int | slice) -> TypedLease[V] | tuple[TypedLease[V], ...]: ...
        def __iter__(self) -> Iterator[TypedLease[V]]: ...
        def __enter__(self) -> Self: ...


class TypedQueue(Generic[V]):
    """A queue whose payloads stand for values; made by ``Client.queue`` with a codec.

    Attributes:
        raw: The queue itself, which deals in bytes.
        codec: What turns values into payloads and back.
    """

    def __init__(self, raw: Queue, codec: Codec[V]) -> None:
        self.raw = raw
        self.codec = codec

    @property
    def name(self) -> str:
        return self.raw.name

    def insert(
        self,
        value: V,
        *,
        name: str | None = None,
        tag: str | None = None,
        eta: datetime | timedelta | None = None,
        dedupe: bool = True,
        **options: Unpack[CallOptions],
    ) -> Task:
        """Store a task for *value*; see ``Queue.insert``. What the codec raises comes out."""
        payload = self.codec.encode(value)
        return self.raw.insert(payload, name=name, tag=tag, eta=eta, dedupe=dedupe, **options)

    def lease(
        self,
        *,
        max_tasks: int = 1,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> TypedLeases[V]:
        """Lease the oldest available tasks, each with its ``value``; see ``Queue.lease``."""
        leases = self.raw.lease(
            max_tasks=max_tasks,
            seconds=seconds,
            tag=tag,
            group_by_tag=group_by_tag,
            retry_ambiguous=retry_ambiguous,
            **options,
        )
        typed = [TypedLease(lease, self.codec) for lease in leases]
        return TypedLeases(self.raw._client, typed)

    def value(self, task: Task) -> V:
        """What *task*, from ``get`` or ``insert``, was inserted with.

        Raises:
            PayloadDecodeError: The codec cannot read its payload.
        """
        return codecs.read(self.codec, task)

    def get(self, name: str, **options: Unpack[CallOptions]) -> Task:
        """One task; see ``Queue.get``."""
        return self.raw.get(name, **options)

    def list(self, **options: Unpack[CallOptions]) -> list[TaskSummary]:
        """The first 100 tasks, without payloads; see ``Queue.list``."""
        return self.raw.list(**options)

    def delete(
        self, name: str, *, missing_ok: bool = False, **options: Unpack[CallOptions]
    ) -> None:
        """Delete a task; see ``Queue.delete``."""
        self.raw.delete(name, missing_ok=missing_ok, **options)

    def stats(self, **options: Unpack[CallOptions]) -> QueueStats:
        """How many tasks there are; see ``Queue.stats``."""
        return self.raw.stats(**options)

    def info(self, **options: Unpack[CallOptions]) -> QueueInfo:
        """The queue as the server describes it; see ``Queue.info``."""
        return self.raw.info(**options)

    def __repr__(self) -> str:
        return f"TypedQueue({self.raw!r}, {type(self.codec).__name__})"
