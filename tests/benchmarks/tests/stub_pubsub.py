"""As much of the Pub/Sub emulator as the load scripts speak to, and stricter than it: whatever is
not as Google's documents have it is a 400, and so are acknowledgements of what is not out.

Run as ``python stub_pubsub.py --host=127.0.0.1 --port=PORT --data-dir=FOLDER``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock

_TOPIC = "projects/bench/topics/bench"
_SUBSCRIPTION = "projects/bench/subscriptions/bench"


class Queue:
    """The one topic and its one subscription."""

    def __init__(self) -> None:
        self.has_topic = self.has_subscription = False
        self._lock = Lock()
        self._numbers = count(1)
        self._waiting: deque[tuple[str, str]] = deque()
        self._out: set[str] = set()

    def publish(self, messages: list[dict[str, str]]) -> dict[str, object]:
        assert self.has_subscription
        assert 1 <= len(messages) <= 1000
        with self._lock:
            ids = [str(next(self._numbers)) for _ in messages]
            for id, message in zip(ids, messages, strict=True):
                base64.b64decode(message["data"], validate=True)
                self._waiting.append((f"{_SUBSCRIPTION}:{id}", message["data"]))
        return {"messageIds": ids}

    def pull(self, most: int) -> dict[str, object]:
        with self._lock:
            found = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._out.update(id for id, _ in found)
        received = [{"ackId": id, "message": {"data": data}} for id, data in found]
        return {"receivedMessages": received} if received else {}

    def acknowledge(self, ids: list[str]) -> dict[str, object]:
        with self._lock:
            assert ids
            assert self._out >= set(ids)
            self._out -= set(ids)
        return {}


QUEUE = Queue()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(404, {})

    def do_PUT(self) -> None:
        body = self._body()
        if self.path == f"/v1/{_TOPIC}":
            QUEUE.has_topic = True
        elif self.path == f"/v1/{_SUBSCRIPTION}" and QUEUE.has_topic and body["topic"] == _TOPIC:
            QUEUE.has_subscription = True
        else:
            return self._answer(400, {})
        return self._answer(200, body)

    def do_POST(self) -> None:
        try:
            self._answer(200, self._done(self._body()))
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            self._answer(400, {"error": repr(error)})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _done(self, body: dict[str, object]) -> dict[str, object]:
        doing = {
            (f"/v1/{_TOPIC}:publish", "messages"): QUEUE.publish,
            (f"/v1/{_SUBSCRIPTION}:pull", "maxMessages"): QUEUE.pull,
            (f"/v1/{_SUBSCRIPTION}:acknowledge", "ackIds"): QUEUE.acknowledge,
        }
        ((member, value),) = body.items()
        return doing[self.path, member](value)

    def _body(self) -> dict[str, object]:
        assert self.headers["Content-Type"] == "application/json"
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, value: object) -> None:
        text = json.dumps(value, indent=2).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    options = dict(each.removeprefix("--").split("=") for each in sys.argv[1:])
    Server((options["host"], int(options["port"])), Handler).serve_forever()
