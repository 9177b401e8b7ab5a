from googleapiclient.discovery import build

service = build("tasks", "v1")
for task in service.tasks().list(tasklist="@default").execute()["items"]:
    service.tasks().delete(tasklist="@default", task=task["id"]).execute()
service.tasks().insert(tasklist="@default", body={"title": "x"}).execute()
