# rewrite: tqsdk compat
from __future__ import annotations

import base64
import logging

from googleapiclient.discovery import build  # <- TQM001

log = logging.getLogger(__name__)


def drain(project: str, queue: str) -> list[bytes]:
    """All payloads; what is printed is what was deleted."""
    service = build("taskqueue", "v1beta2")  # <- TQM002
    found: list[bytes] = []
    response = service.tasks().lease(project="s~legacy-app", taskqueue=queue, numTasks=100, leaseSecs=60).execute()  # <- TQM011
    for task in response.get("items", []):
        log.info("got %s", task["id"])
        found.append(base64.b64decode(task["payloadBase64"]))  # <- TQM025
        service.tasks().delete(project="s~legacy-app", taskqueue=queue, task=task["id"]).execute()  # <- TQM017
    return found


print(drain("s~legacy-app", "nothing"))
