"""Tests may be coroutines; each has an event loop of its own."""

from __future__ import annotations

import asyncio
import inspect

import pytest

# A project of its own, with its own configuration; tests/emulator/testing runs it.
collect_ignore = ["examples/pytest_project"]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
