"""A program of the time: oauth2client gets its tokens, google-api-python-client 1.7.12 works.

It knows nothing of us but the API's address. For Python 2.7. Arguments: where the credentials come
from, the server's URL, the folder that ``tq-emulator credentials`` wrote, project, a queue, and
another queue, which is not for this program.
"""
# Python 2.7 needs what newer ones do not:
# ruff: noqa: UP010

from __future__ import print_function, unicode_literals

import base64
import json
import os
import sys

import httplib2
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from oauth2client.client import GoogleCredentials
from oauth2client.file import Storage
from oauth2client.service_account import ServiceAccountCredentials

SCOPES = ["https://www.googleapis.com/auth/taskqueue"]


def main(how, url, folder, project, queue, other):
    plain = service(url, httplib2.Http(timeout=30))
    tasks = service(url, CREDENTIALS[how](folder).authorize(httplib2.Http(timeout=30))).tasks()
    there = {"project": project, "taskqueue": queue}
    elsewhere = {"project": project, "taskqueue": other}

    seen = {"anonymous": refusal(plain.tasks().list(**there))}
    payload = base64.urlsafe_b64encode(b"hello").decode("ascii")
    body = {"queueName": queue, "id": "a", "payloadBase64": payload}
    seen["insert"] = tasks.insert(body=body, **there).execute()
    leased = tasks.lease(numTasks=1, leaseSecs=60, **there).execute()["items"]
    seen["lease"] = leased
    held = dict(leased[0], queueName=queue)
    seen["renew"] = tasks.update(task="a", newLeaseSeconds=120, body=held, **there).execute()
    seen["delete"] = tasks.delete(task="a", **there).execute()
    seen["end"] = tasks.list(**there).execute()

    body = {"queueName": other, "payloadBase64": payload}
    seen["insert elsewhere"] = refusal(tasks.insert(body=body, **elsewhere))
    seen["lease elsewhere"] = refusal(tasks.lease(numTasks=1, leaseSecs=60, **elsewhere))
    print(json.dumps(seen))


def service(url, http):
    rest = url + "/discovery/v1/apis/{api}/{apiVersion}/rest"
    return discovery.build("taskqueue", "v1beta2", discoveryServiceUrl=rest, http=http)


def key_file(folder):
    path = os.path.join(folder, "service-account.json")
    return ServiceAccountCredentials.from_json_keyfile_name(path, SCOPES)


def storage(folder):
    """As after a login."""
    return Storage(os.path.join(folder, "oauth2client.json")).get()


def metadata_server(folder):
    """As on a machine of Google's."""
    return GoogleCredentials.get_application_default().create_scoped(SCOPES)


CREDENTIALS = {"key_file": key_file, "storage": storage, "metadata_server": metadata_server}


def refusal(request):
    try:
        return {"not refused": request.execute()}
    except HttpError as error:
        content = json.loads(error.content.decode("utf-8"))["error"]
        return [error.resp.status, content["errors"][0]["reason"]]


if __name__ == "__main__":
    main(*sys.argv[1:])
