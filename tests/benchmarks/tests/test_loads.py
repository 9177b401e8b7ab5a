"""The load scripts do what they say: against a real server, and against a stub of a peer."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.benchmarks import backlog
from tests.benchmarks.errors import SpoiledError
from tests.benchmarks.measures.peak import tasks_stored
from tests.benchmarks.payload import payload
from tests.benchmarks.peers import beanstalkd, ours, pubsub, serving
from tests.benchmarks.wrk import put_under_load

STUB = Path(__file__).with_name("stub_pubsub.py")

pytestmark = pytest.mark.skipif(shutil.which("wrk") is None, reason="no wrk on this machine")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    def fill(folder):
        backlog.build(folder / ours.STORE_FILE, count=6_000, payload=payload(100))

    with serving(ours.Ours(), tmp_path_factory.mktemp("data"), fill=fill) as running:
        yield running


def test_leases_are_counted_by_task_and_leave_the_backlog(server):
    before = tasks_stored(server.port)

    said = put_under_load(server, ours.lease(7), connections=2, seconds=1, warm_seconds=0)

    # What was on its way at the end was counted by the server alone.
    assert said.tasks == 7 * said.requests > 0
    assert tasks_stored(server.port) == before


def test_consuming_deletes_as_many_tasks_as_it_counts(server):
    before = tasks_stored(server.port)

    said = put_under_load(server, ours.consume(), connections=2, seconds=1, warm_seconds=0)

    gone = before - tasks_stored(server.port)
    assert said.tasks <= gone <= said.tasks + 2
    assert said.tasks == pytest.approx(said.requests / 2, abs=2)


def test_mixed_load_is_of_thirds(server):
    before = tasks_stored(server.port)

    said = put_under_load(server, ours.mixed(), connections=2, seconds=1, warm_seconds=0)

    assert said.tasks == pytest.approx(said.requests / 3, abs=2)
    assert tasks_stored(server.port) == pytest.approx(before, abs=3)


def test_inserts_in_batches_all_arrive(server):
    before = tasks_stored(server.port)

    said = put_under_load(server, ours.insert_batch(10), connections=1, seconds=1, warm_seconds=0)

    assert tasks_stored(server.port) - before in (said.requests * 10, said.requests * 10 + 10)


def test_answers_that_are_errors_spoil_a_measurement(server):
    refused = ours.lease(1_000_000)

    with pytest.raises(SpoiledError, match="were errors"):
        put_under_load(server, refused, connections=1, seconds=1, warm_seconds=0)


def test_a_queue_that_runs_dry_spoils_a_measurement(server):
    nothing = ours.lease(1, tag="nobody")

    with pytest.raises(SpoiledError, match="ran dry"):
        put_under_load(server, nothing, connections=1, seconds=1, warm_seconds=0)


def test_loads_for_pubsub_are_as_its_documents_have_them(tmp_path):
    with serving(stub(tmp_path), tmp_path) as server:
        pubsub.fill(server.port, 2_500)
        consumed, mixed, published = (
            put_under_load(server, load, connections=2, seconds=1, warm_seconds=0)
            for load in (pubsub.consume(), pubsub.mixed(), pubsub.publish(10))
        )

    assert consumed.tasks == pytest.approx(consumed.requests / 2, abs=2)
    assert mixed.tasks == pytest.approx(mixed.requests / 3, abs=2)
    assert published.requests > 0


def test_consuming_pubsub_to_its_end_is_noticed(tmp_path):
    with serving(stub(tmp_path), tmp_path) as server:
        pubsub.fill(server.port, 20)
        with pytest.raises(SpoiledError, match="ran dry"):
            put_under_load(server, pubsub.consume(), connections=2, seconds=1, warm_seconds=0)


@pytest.mark.skipif(shutil.which("beanstalkd") is None, reason="no beanstalkd on this machine")
def test_puts_are_counted(tmp_path):
    with serving(beanstalkd.Beanstalkd(), tmp_path) as server:
        said = beanstalkd.put_under_load(server, connections=2, seconds=1, size=100)

    assert said.tasks == said.requests > 0
    assert 0 < said.p50 <= said.p99


def stub(folder):
    """A program that answers as the emulator would, started as it is."""
    program = folder / "cloud-pubsub-emulator"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STUB}" "$@"\n')
    program.chmod(0o755)
    return pubsub.PubSub(program)
