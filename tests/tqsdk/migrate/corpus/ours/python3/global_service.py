# rewrite: compat
from googleapiclient.discovery import build  # <- TQM001

service = None


def connect():
    global service
    service = build("taskqueue", "v1beta2")  # <- TQM002


connect()
print("items" in service.tasks().list(project="s~legacy-app", taskqueue="gl").execute())  # <- TQM019
