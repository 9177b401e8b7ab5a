"""Load for beanstalkd, which speaks no HTTP: one process, one epoll, one outstanding put each.

Run as ``python -m tests.benchmarks.beanstalk_load PORT CONNECTIONS SECONDS BYTES``; prints
JSON.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

from tests.benchmarks.payload import payload


def main() -> None:
    """Put until the time is over."""
    port, connections, seconds, size = (int(each) for each in sys.argv[1:])
    put = b"put 1024 0 60 %d\r\n%s\r\n" % (size, payload(size))
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    times: list[float] = []
    start = time.perf_counter()
    cpu_before = time.process_time()
    _put_until(start + seconds, {each.fileno(): each for each in sockets}, put, times)
    took = time.perf_counter() - start
    times.sort()
    figures = {
        "puts": len(times),
        "seconds": took,
        "p50": times[len(times) // 2],
        "p99": times[len(times) * 99 // 100],
        "cpu_seconds": time.process_time() - cpu_before,
    }
    print(json.dumps(figures))


def _put_until(
    end: float, sockets: dict[int, socket.socket], put: bytes, times: list[float]
) -> None:
    poll = select.epoll()
    sent: dict[int, float] = {}
    for number, each in sockets.items():
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(number, select.EPOLLIN)
        sent[number] = time.perf_counter()
        each.sendall(put)
    now = 0.0
    while now < end:
        for number, _ in poll.poll(1):
            answer = sockets[number].recv(256)
            if not answer.startswith(b"INSERTED"):
                sys.exit(f"beanstalkd said {answer!r}")
            now = time.perf_counter()
            times.append(now - sent[number])
            sent[number] = now
            sockets[number].sendall(put)


if __name__ == "__main__":
    main()
