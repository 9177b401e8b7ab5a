# rewrite: tqsdk compat
"""Two services of Google's; only one is ours."""
from googleapiclient import discovery  # <- TQM001

service = discovery.build("taskqueue", "v1beta2")  # <- TQM002
print(len(service.tasks().list(project="s~legacy-app", taskqueue="two").execute().get("items", [])))  # <- TQM019


def lists(credentials):
    todo = discovery.build("tasks", "v1", credentials=credentials)
    return todo.tasks().list(tasklist="@default").execute()["items"]
