"""A program without Google's libraries: it knows Google's address, and nobody else's.

For Python 2.7 and 3. Argument: project. Inserts with urllib, leases with requests if it is there.
Prints what it leases.
"""
# Python 2.7 needs what newer ones do not:
# ruff: noqa: UP010

from __future__ import print_function, unicode_literals

import base64
import json
import sys

try:
    from urllib.request import Request, urlopen
except ImportError:
    from urllib2 import Request, urlopen

try:
    import requests
except ImportError:
    requests = None

ROOT = "https://www.googleapis.com/taskqueue/v1beta2/projects/"


def main(project):
    tasks = ROOT + project + "/taskqueues/mail/tasks"
    payload = base64.urlsafe_b64encode(b"hello").decode("ascii")
    post_by_urllib(tasks, {"queueName": "mail", "payloadBase64": payload})
    lease = tasks + "/lease?numTasks=1&leaseSecs=60"
    leased = post_by_urllib(lease, {}) if requests is None else requests.post(lease).json()
    print(
        base64.urlsafe_b64decode(leased["items"][0]["payloadBase64"].encode("ascii")).decode(
            "ascii"
        )
    )


def post_by_urllib(url, body):
    headers = {"Content-Type": "application/json"}
    request = Request(url, json.dumps(body).encode("utf-8"), headers)
    return json.loads(urlopen(request, timeout=30).read().decode("utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])
