"""A program as it was when the service lived: it knows of nobody but Google.

For Python 2.7 and 3. Argument: project. Prints what it leases.
"""
# Python 2.7 needs what newer ones do not:
# ruff: noqa: UP010

from __future__ import print_function, unicode_literals

import base64
import sys

import google.auth
from googleapiclient import discovery

SCOPES = ["https://www.googleapis.com/auth/taskqueue"]


def main(project):
    credentials, _ = google.auth.default(scopes=SCOPES)
    service = discovery.build(
        "taskqueue",
        "v1beta2",
        credentials=credentials,
        discoveryServiceUrl=discovery.DISCOVERY_URI,
        cache_discovery=False,
    )
    there = {"project": project, "taskqueue": "mail"}
    payload = base64.urlsafe_b64encode(b"hello").decode("ascii")
    service.tasks().insert(body={"queueName": "mail", "payloadBase64": payload}, **there).execute()
    leased = service.tasks().lease(numTasks=1, leaseSecs=60, **there).execute()["items"]
    print(base64.urlsafe_b64decode(leased[0]["payloadBase64"].encode("ascii")).decode("ascii"))


if __name__ == "__main__":
    main(*sys.argv[1:])
