"""Calls of Cloud Tasks (v2), by Google's own library: the emulator speaks nothing but gRPC."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]  # it has no types
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from tqsdk.migrate.moving.model import MoveError

# What people who use the emulator set; Google's library knows no such variable.
_EMULATOR = "CLOUD_TASKS_EMULATOR_HOST"

# The emulator lists a queue in one answer, however long.
_CHANNEL = (("grpc.max_receive_message_length", -1),)


def client() -> Any:
    """Google's client, with the credentials of the environment; or the emulator's, if it is named.

    Raises:
        MoveError: There are no credentials.
    """
    host = os.environ.get(_EMULATOR)
    if host:
        channel = grpc.insecure_channel(host, options=_CHANNEL)
        return tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
    try:
        return tasks_v2.CloudTasksClient()
    except GoogleAuthError as error:
        raise MoveError(f"Cloud Tasks: {error}") from error


@contextmanager
def told() -> Generator[None]:
    """Have what Cloud Tasks refuses end a move."""
    try:
        yield
    except GoogleAPICallError as error:
        raise MoveError(f"Cloud Tasks: {error.message}") from error
