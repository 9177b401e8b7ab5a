# rewrite: tqsdk compat
from googleapiclient.discovery import build  # <- TQM001
from googleapiclient.errors import HttpError

service = build("taskqueue", "v1beta2")  # <- TQM002
try:
    service.tasks().delete(project="s~legacy-app", taskqueue="e", task="never").execute()  # <- TQM017
except HttpError as error:  # <- TQM026
    print(error.resp.status)
