"""A program as it was when the service lived: it knows nothing of us but the API's address."""

from __future__ import annotations

import base64
import sys

import google.auth
from googleapiclient.discovery import build

SCOPES = ["https://www.googleapis.com/auth/taskqueue"]


def main(url: str) -> None:
    credentials, project = google.auth.default(scopes=SCOPES)
    service = build(
        "taskqueue",
        "v1beta2",
        discoveryServiceUrl=f"{url}/discovery/v1/apis/{{api}}/{{apiVersion}}/rest",
        static_discovery=False,
        credentials=credentials,
    )
    where = {"project": f"s~{project or 'emulator'}", "taskqueue": "mail"}
    payload = base64.urlsafe_b64encode(b"hello").decode()
    service.tasks().insert(**where, body={"queueName": "mail", "payloadBase64": payload}).execute()
    leased = service.tasks().lease(**where, numTasks=1, leaseSecs=60).execute()
    print(project, base64.urlsafe_b64decode(leased["items"][0]["payloadBase64"]).decode())


if __name__ == "__main__":
    main(sys.argv[1])
