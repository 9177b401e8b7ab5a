# rewrite: tqsdk compat
from googleapiclient.discovery import build  # <- TQM001

API_NAME = "taskqueue"
API_VERSION = "v1beta2"
service = build(API_NAME, API_VERSION)  # <- TQM002
print(service.taskqueues().get(project="s~legacy-app", taskqueue="k", getStats=True).execute()["stats"]["totalTasks"])  # <- TQM021
