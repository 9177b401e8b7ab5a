from tqsdk.compat.googleapi import build

with build("taskqueue", "v1beta2") as service:
    request = service.tasks().lease(project="p", taskqueue="q", numTasks=1, leaseSecs=60)
    for task in request.execute().get("items", []):
        print(task["payloadBase64"], task["retry_count"])
