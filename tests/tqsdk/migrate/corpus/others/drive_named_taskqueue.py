"""A variable called taskqueue is none."""
from googleapiclient.discovery import build

taskqueue = build("drive", "v3")
taskqueue.files().list().execute()
taskqueue_folder = taskqueue.files().get(fileId="x").execute()["id"]
