import json
from googleapiclient.discovery import build_from_document

with open("drive.v3.json") as stream:
    drive = build_from_document(json.load(stream))
drive.files().list().execute()
