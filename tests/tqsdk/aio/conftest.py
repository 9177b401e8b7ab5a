from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tqsdk.aio import AsyncClient
from tqsdk.testing import AsyncScriptedTransport, AsyncVirtualClock


@pytest.fixture
def clock() -> AsyncVirtualClock:
    return AsyncVirtualClock()


@pytest.fixture
def scripted(
    clock: AsyncVirtualClock,
) -> Callable[..., tuple[AsyncClient, AsyncScriptedTransport]]:
    """Make a client for which the given answers are all there is."""

    def make(*answers: Any, **settings: Any) -> tuple[AsyncClient, AsyncScriptedTransport]:
        transport = AsyncScriptedTransport(*answers)
        return AsyncClient("p", transport=transport, **{"clock": clock, **settings}), transport

    return make
