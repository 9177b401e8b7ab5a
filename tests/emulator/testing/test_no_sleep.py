"""Nothing may sleep in real time, where that is asked for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from types import ModuleType

import pytest

import emulator
from emulator.testing import RealSleepError, no_sleeping


def test_a_sleep_is_refused_and_told():
    with no_sleeping() as tried, pytest.raises(RealSleepError, match=r"time\.sleep\(60\) at .*py"):
        time.sleep(60)

    assert len(tried) == 1
    assert f"{__file__}:" in tried[0]


async def test_a_sleep_of_a_coroutine_is_refused():
    with no_sleeping(), pytest.raises(RealSleepError, match=r"asyncio\.sleep\(60\)"):
        await asyncio.sleep(60)


async def test_to_let_others_run_is_no_sleep():
    with no_sleeping() as tried:
        time.sleep(0)
        assert await asyncio.sleep(0, "result") == "result"

    assert tried == []


def test_a_sleep_whose_error_was_caught_is_told():
    with no_sleeping() as tried:
        try:
            time.sleep(1)
        except Exception:
            tried.append("caught")

    assert len(tried) == 2


def test_modules_that_have_the_function_by_name_are_seen_to(monkeypatch):
    program = a_program(monkeypatch)
    original = time.sleep
    assert program.sleep is original

    with no_sleeping(), pytest.raises(RealSleepError):
        program.nap()

    assert program.sleep is original


def test_modules_that_are_imported_meanwhile_sleep_afterwards(monkeypatch):
    original = time.sleep

    with no_sleeping():
        program = a_program(monkeypatch)
        with pytest.raises(RealSleepError):
            program.nap()

    assert program.sleep is original
    assert time.sleep is original


def test_servers_and_processes_are_waited_for():
    with no_sleeping() as tried:
        with emulator.running() as server:
            server.queues()
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.01)
            process.stdin.close()
            process.wait(60)

    assert tried == []


def a_program(monkeypatch) -> ModuleType:
    module = ModuleType("a_program_that_sleeps")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec("from time import sleep\ndef nap(): sleep(1)", module.__dict__)
    return module
