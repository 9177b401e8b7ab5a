# rewrite: tqsdk compat
try:
    from googleapiclient.discovery import build  # <- TQM001
except ImportError:
    from apiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
print(len(service.tasks().list(project="s~legacy-app", taskqueue="f").execute().get("items", [])))  # <- TQM019
