# rewrite: compat
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
for project in ("s~legacy-app", "s~legacy-app-2"):
    print(service.tasks().list(project=project, taskqueue="q").execute().get("items"))  # <- TQM019
