from google.cloud import tasks_v2

client = tasks_v2.CloudTasksClient()
parent = client.queue_path("p", "l", "q")
client.create_task(request={"parent": parent, "task": {"http_request": {"url": "https://x"}}})
client.list_tasks(parent=parent)
client.delete_task(name="x")
