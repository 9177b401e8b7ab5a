"""One client shared by many threads, and used on both sides of a fork, against a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tqsdk import Client, TaskNotFoundError

_ROOT = Path(__file__).parents[2]
_THREADS, _EACH = 64, 6

_FORKING = """
import os, signal, sys, threading
from datetime import UTC, datetime
from tqsdk import AccessToken, Client

asked, told = threading.Event(), threading.Event()

def token():
    if threading.current_thread().name == "slow":
        asked.set()
        told.wait()
    return AccessToken("any", datetime.now(UTC))  # to be renewed at once

client = Client("forks", endpoint=sys.argv[1], credentials=token)
queue = client.queue(sys.argv[2])
queue.insert(b"before the fork")
slow = threading.Thread(target=queue.stats, name="slow")
slow.start()
asked.wait()  # from here on that thread holds the lock of the token

child = os.fork()
if not child:
    signal.alarm(15)  # a child that hangs ends, and the test fails
    queue.insert(b"in the child")
    with queue.lease(max_tasks=1, seconds=60) as leases:
        assert leases[0].payload == b"before the fork"
        leases[0].delete()
    os._exit(0)
status = os.waitpid(child, 0)[1]
told.set()
slow.join()
queue.insert(b"in the parent")
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_64_threads_share_a_client_and_every_task_is_leased_once(client, queue):
    together = Barrier(_THREADS)

    def work(number: int) -> list[tuple[str, int]]:
        together.wait()
        done = []
        for each in range(_EACH):
            queue.insert(f"{number}-{each}", tag=f"t{number % 3}")
            for lease in queue.lease(max_tasks=2, seconds=600):
                lease.renew(900)
                done.append((lease.text(), lease.retry_count))
                lease.delete()
        return done

    with ThreadPoolExecutor(_THREADS) as pool:
        done = [each for results in pool.map(work, range(_THREADS)) for each in results]
    rest = [(lease.text(), lease.retry_count) for lease in queue.lease(max_tasks=1000)]

    expected = {f"{number}-{each}" for number in range(_THREADS) for each in range(_EACH)}
    assert Counter(done + rest) == Counter((text, 1) for text in expected)


def test_threads_that_close_and_go_on_do_no_harm(server, project):
    client = Client(project, endpoint=server.url)
    queue = client.queue("q1")

    def work(number: int) -> str:
        if number % 8 == 0:
            client.close()
        return queue.insert(str(number)).name

    with ThreadPoolExecutor(16) as pool:
        stored = set(pool.map(work, range(160)))
    client.close()

    assert len(stored) == queue.stats().total_tasks == 160
    with pytest.raises(TaskNotFoundError):
        queue.get("no-such-task")
    client.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_client_works_on_both_sides_of_a_fork_even_while_a_thread_renews_its_token(
    server, project
):
    done = subprocess.run(
        # From Python 3.12 on, to fork beside a thread is warned of: that is what is tried here.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", _FORKING, server.url, project],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    with Client("forks", endpoint=server.url) as client:
        left = client.queue(project).lease(max_tasks=9)
    assert sorted(lease.text() for lease in left) == ["in the child", "in the parent"]
