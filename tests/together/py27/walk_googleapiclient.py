"""The walk of ``tests/together/walk.py`` with google-api-python-client 1.7.12, for Python 2.7.

Arguments: how to build the service, the server's URL, project, queue.
"""
# Python 2.7 needs what newer ones do not:
# ruff: noqa: UP010, UP020

from __future__ import print_function, unicode_literals

import base64
import io
import json
import os
import sys

import httplib2
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from oauth2client.client import AccessTokenCredentials

PAYLOAD = "na\u00efve \u00fb\u00ff\u00fe?>"


def main(how, url, project, queue):
    service = BUILDERS[how](url)
    there = {"project": project, "taskqueue": queue}
    print(json.dumps(walk(service.tasks(), service.taskqueues(), there, service)))


def from_server(url):
    return discovery.build("taskqueue", "v1beta2", discoveryServiceUrl=rest(url), http=plain())


def from_document(url):
    with io.open(os.environ["DISCOVERY_DOCUMENT"], encoding="utf-8") as file:
        document = json.load(file)
    document["rootUrl"] = url + "/"
    return discovery.build_from_document(json.dumps(document), http=plain())


def with_oauth2client(url):
    """As programs of the time authorized themselves; this server takes any token."""
    http = AccessTokenCredentials("any-token", "walk/1.0").authorize(plain())
    return discovery.build("taskqueue", "v1beta2", discoveryServiceUrl=rest(url), http=http)


BUILDERS = {
    "from_server": from_server,
    "from_document": from_document,
    "with_oauth2client": with_oauth2client,
}


def walk(tasks, queues, there, service):
    seen = {}
    for name, tag, text in [("a", "red", PAYLOAD), ("b", "blue", "of b"), ("c", "red", "of c")]:
        body = task(there, id=name, tag=tag, payloadBase64=encoded(text))
        stored = tasks.insert(body=body, **there).execute()
        seen.setdefault("insert", stored)
    body = task(there, id="d", payloadBase64=encoded("of d"))
    tasks.insert(body=body, **there).execute()

    seen["get"] = tasks.get(task="a", **there).execute()
    seen["list"] = tasks.list(**there).execute()
    seen["fields"] = tasks.get(task="a", fields="id,tag", **there).execute()

    many = dict(there, numTasks=10, leaseSecs=60)
    seen["lease_oldest_tag"] = tasks.lease(groupByTag=True, **many).execute()
    seen["lease_tag"] = tasks.lease(groupByTag=True, tag="blue", **many).execute()
    seen["lease"] = tasks.lease(**dict(many, numTasks=1)).execute()
    seen["empty_lease"] = tasks.lease(**dict(many, numTasks=1)).execute()

    leased = dict(seen["lease_oldest_tag"]["items"][0], queueName=there["taskqueue"])
    seen["update"] = tasks.update(task="a", newLeaseSeconds=120, body=leased, **there).execute()
    patch = {"queueName": there["taskqueue"]}
    seen["patch"] = tasks.patch(task="a", newLeaseSeconds=180, body=patch, **there).execute()
    leased = dict(seen["lease_tag"]["items"][0], queueName=there["taskqueue"])
    seen["release"] = tasks.update(task="b", newLeaseSeconds=0, body=leased, **there).execute()
    seen["lease_again"] = tasks.lease(**many).execute()
    seen["queue"] = queues.get(getStats=True, **there).execute()

    seen["unknown_get"] = refusal(tasks.get(task="never", **there))
    seen["unknown_delete"] = refusal(tasks.delete(task="never", **there))
    again = task(there, id="a", payloadBase64="")
    seen["duplicate"] = refusal(tasks.insert(body=again, **there))
    lost = dict(seen["lease"]["items"][0], queueName=there["taskqueue"])
    lost["leaseTimestamp"] = str(int(lost["leaseTimestamp"]) - 1)
    seen["lost_lease"] = refusal(tasks.update(task="d", newLeaseSeconds=9, body=lost, **there))
    bad = task(there, payloadBase64="not base64!")
    seen["bad_payload"] = refusal(tasks.insert(body=bad, **there))
    seen["tag_alone"] = refusal(tasks.lease(tag="red", **many))
    seen["batch"] = batch(service, tasks, there)

    deleted = [tasks.delete(task=name, **there).execute() for name in "abcd"]
    seen["delete"] = deleted.count("")
    seen["tombstone"] = refusal(tasks.insert(body=again, **there))
    seen["end"] = tasks.list(**there).execute()
    return seen


def batch(service, tasks, there):
    """Four requests in one: an insert, a bad insert, a get and a delete."""
    seen = {}

    def note(name, response, error):
        seen[name] = told(error) if error else response

    many = service.new_batch_http_request(callback=note)
    body = task(there, id="x", payloadBase64=encoded("of x"))
    many.add(tasks.insert(body=body, **there), request_id="insert")
    body = task(there, payloadBase64="not base64!")
    many.add(tasks.insert(body=body, **there), request_id="bad insert")
    many.add(tasks.get(task="x", **there), request_id="get")
    many.add(tasks.delete(task="x", **there), request_id="delete")
    many.execute()
    return seen


def task(there, **members):
    return dict(members, queueName=there["taskqueue"])


def encoded(text):
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii")


def refusal(request):
    try:
        return {"not refused": request.execute()}
    except HttpError as error:
        return told(error)


def told(error):
    content = json.loads(error.content.decode("utf-8"))["error"]
    return {
        "status": error.resp.status,
        "reason": content["errors"][0]["reason"],
        "message": content["message"],
    }


def rest(url):
    return url + "/discovery/v1/apis/{api}/{apiVersion}/rest"


def plain():
    return httplib2.Http(timeout=30)


if __name__ == "__main__":
    main(*sys.argv[1:])
