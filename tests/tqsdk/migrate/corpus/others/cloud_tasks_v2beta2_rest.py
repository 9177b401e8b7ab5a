def lease(service, name):
    tasks = service.projects().locations().queues().tasks()
    return tasks.lease(parent=name, body={"maxTasks": 1, "leaseDuration": "60s"}).execute()
