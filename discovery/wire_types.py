# Derived from taskqueue.v1beta2.json by `python -m discovery.derive`. Do not edit.
"""The bodies of the API as they stand in JSON: wire names, every member optional."""

from __future__ import annotations

from typing import TypedDict


class Task(TypedDict, total=False):
    enqueueTimestamp: str  # int64
    id: str
    kind: str
    leaseTimestamp: str  # int64
    payloadBase64: str
    queueName: str
    retry_count: int  # int32
    tag: str


class TaskQueueAcl(TypedDict, total=False):
    adminEmails: list[str]
    consumerEmails: list[str]
    producerEmails: list[str]


class TaskQueueStats(TypedDict, total=False):
    leasedLastHour: str  # int64
    leasedLastMinute: str  # int64
    oldestTask: str  # int64
    totalTasks: int  # int32


class TaskQueue(TypedDict, total=False):
    acl: TaskQueueAcl
    id: str
    kind: str
    maxLeases: int  # int32
    stats: TaskQueueStats


class Tasks(TypedDict, total=False):
    items: list[Task]
    kind: str


class Tasks2(TypedDict, total=False):
    items: list[Task]
    kind: str
