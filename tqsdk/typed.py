"""A queue of values: as ``queue`` and ``lease``, with a codec between values and payloads.

A payload is decoded when its value is asked for, and not before: one that cannot be read spoils
neither the lease call that brought it nor the other tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, Self, TypeVar, Unpack, cast, overload

from tqsdk import codecs
from tqsdk.batch import Addressed
from tqsdk.bulk import InsertReport, NewTask, check
from tqsdk.codecs import Codec
from tqsdk.lease import Lease, Leases
from tqsdk.leased import LeasedTask
from tqsdk.models import QueueInfo, QueueStats, Task, TaskSummary
from tqsdk.options import CallOptions
from tqsdk.queue import Queue

Q = TypeVar("Q", bound=Addressed)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class NewValue(Generic[V]):
    """A value to be inserted, as ``NewTask`` is a payload; for all of it see ``Queue.insert``."""

    value: V = field(repr=False)
    _: KW_ONLY
    name: str | None = None
    tag: str | None = None
    eta: datetime | timedelta | None = None


class TypedLeasedTask(LeasedTask, Generic[V]):
    """A leased task whose payload stands for a value. It takes the place of *lease*."""

    def __init__(self, lease: LeasedTask, codec: Codec[V]) -> None:
        vars(self).update(vars(lease))
        self._codec = codec

    @property
    def value(self) -> V:
        """What was inserted.

        Raises:
            PayloadDecodeError: The codec cannot read the payload. The lease goes on.
        """
        return codecs.read(self._codec, self.task)


class TypedLease(TypedLeasedTask[V], Lease):
    """A lease whose payload stands for a value."""


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


class TypedQueueBase(Generic[Q, V]):
    """A queue whose payloads stand for values, of whatever client.

    Attributes:
        raw: The queue itself, which deals in bytes.
        codec: What turns values into payloads and back.
    """

    def __init__(self, raw: Q, codec: Codec[V]) -> None:
        self.raw: Q = raw
        self.codec: Codec[V] = codec

    @property
    def name(self) -> str:
        return self.raw.address.queue

    def value(self, task: Task) -> V:
        """What *task*, from ``get`` or ``insert``, was inserted with.

        Raises:
            PayloadDecodeError: The codec cannot read its payload.
        """
        return codecs.read(self.codec, task)

    def _new_task(self, given: V | NewValue[V]) -> NewTask:
        new = cast(NewValue[V], given) if isinstance(given, NewValue) else NewValue(given)
        return NewTask(self.codec.encode(new.value), name=new.name, tag=new.tag, eta=new.eta)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.raw!r}, {type(self.codec).__name__})"


class TypedQueue(TypedQueueBase[Queue, V]):
    """A queue whose payloads stand for values; made by ``Client.queue`` with a codec."""

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

    def insert_many(
        self,
        values: Iterable[V | NewValue[V]],
        *,
        dedupe: bool = True,
        concurrency: int = 4,
        progress: Callable[[InsertReport], None] | None = None,
        on_failure: Callable[[NewTask, Exception], None] | None = None,
        **options: Unpack[CallOptions],
    ) -> InsertReport:
        """Store a task for each of any number of values; see ``Queue.insert_many``.

        *on_failure* is told the task with its payload, as ``raw.insert_many`` takes it. A value
        that the codec refuses ends it, as if reading *values* had failed.
        """
        check("values", values, concurrency)
        return self.raw.insert_many(
            map(self._new_task, values),
            dedupe=dedupe,
            concurrency=concurrency,
            progress=progress,
            on_failure=on_failure,
            **options,
        )

    def lease_iter(
        self,
        *,
        max_tasks: int = 10,
        seconds: float | timedelta = 60,
        tag: str | None = None,
        group_by_tag: bool = False,
        retry_ambiguous: bool = False,
        **options: Unpack[CallOptions],
    ) -> Generator[TypedLease[V], None, None]:
        """Lease again and again, until nothing is available; see ``Queue.lease_iter``."""
        leases = self.raw.lease_iter(
            max_tasks=max_tasks,
            seconds=seconds,
            tag=tag,
            group_by_tag=group_by_tag,
            retry_ambiguous=retry_ambiguous,
            **options,
        )
        with closing(leases):
            for lease in leases:
                yield TypedLease(lease, self.codec)

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
