import json
from googleapiclient.discovery import build_from_document  # <- TQM001

with open("taskqueue.v1beta2.json") as stream:
    document = json.load(stream)
service = build_from_document(document)  # <- TQM003
service.tasks().get(project="p", taskqueue="q", task="t").execute()  # <- TQM018
