import asana

client = asana.Client.access_token("x")
for task in client.tasks.find_all({"project": "p"}):
    client.tasks.update(task["id"], {"notes": "taskqueue"})
