# rewrite: tqsdk compat
import base64
from googleapiclient.discovery import build  # <- TQM001


def tasks():
    """The collection, and nothing else."""
    return build("taskqueue", "v1beta2").tasks()  # <- TQM002


body = {"queueName": "w", "payloadBase64": base64.b64encode(b"wrapped").decode()}
tasks().insert(project="s~legacy-app", taskqueue="w", body=body).execute()  # <- TQM010
for each in tasks().lease(project="s~legacy-app", taskqueue="w", numTasks=3, leaseSecs=60).execute()["items"]:  # <- TQM011
    print(base64.b64decode(each["payloadBase64"]))  # <- TQM025
    tasks().delete(project="s~legacy-app", taskqueue="w", task=each["id"]).execute()  # <- TQM017
