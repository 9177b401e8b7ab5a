from apiclient import discovery

API = "tasks"
tasks = discovery.build(serviceName=API, version="v1").tasks()
tasks.update(tasklist="l", task="t", body={}).execute()
tasks.patch(tasklist="l", task="t", body={}).execute()
