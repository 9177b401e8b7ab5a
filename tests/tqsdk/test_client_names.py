from __future__ import annotations

import os
import re
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tqsdk.names import NameSource, generate, is_queue_name, is_task_name


@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=50))
def test_names_ascend_whatever_the_clock_does(readings):
    clock = iter(readings)
    source = NameSource(lambda: next(clock))

    names = [source() for _ in readings]

    assert names == sorted(set(names))


def test_a_full_counter_borrows_the_next_millisecond():
    source = NameSource(lambda: 1000)
    first = source()
    source._counter = 2**42 - 1

    after = source()

    assert after > first
    assert uuid.UUID(after).int >> 80 == 1001


def test_a_generated_name_is_a_uuid_of_version_7_and_a_task_name():
    name = generate()

    assert re.fullmatch("[0-9a-f]{32}", name)
    assert uuid.UUID(name).version == 7
    assert uuid.UUID(name).variant == uuid.RFC_4122
    assert is_task_name(name)


def test_threads_never_make_the_same_name():
    made: list[list[str]] = [[] for _ in range(8)]
    threads = [
        threading.Thread(target=lambda own=own: own.extend(generate() for _ in range(500)))
        for own in made
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({name for own in made for name in own}) == 4000
    assert all(own == sorted(own) for own in made)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_counts_from_elsewhere_than_its_parent():
    from tqsdk import names

    names._names._lock.acquire()  # as another thread of the parent might, at the moment of the fork
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, generate().encode())
        os._exit(0)
    names._names._lock.release()
    os.close(writer)
    with open(reader) as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)

    assert is_task_name(theirs)
    assert theirs[13:24] != generate()[13:24]


@pytest.mark.parametrize("name", ["a", "A-_9", "x" * 500])
def test_these_are_task_names(name):
    assert is_task_name(name)


@pytest.mark.parametrize("name", ["", "a\n", "a b", "é", "x" * 501, "a/b", "a."])
def test_these_are_no_task_names(name):
    assert not is_task_name(name)


def test_queue_names_have_no_underscore_and_at_most_100_characters():
    assert is_queue_name("mail-2")
    assert not is_queue_name("mail_2")
    assert not is_queue_name("q" * 101)
