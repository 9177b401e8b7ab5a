# rewrite: tqsdk compat
"""A worker that keeps its service."""
import base64

from googleapiclient import discovery  # <- TQM001


class Worker:
    def __init__(self, queue):
        self.queue = queue
        self.service = discovery.build("taskqueue", "v1beta2")  # <- TQM002

    def put(self, payload):
        encoded = base64.urlsafe_b64encode(payload).decode("utf-8")
        self.service.tasks().insert(  # <- TQM010
            project="s~legacy-app",
            taskqueue=self.queue,
            body={"queueName": self.queue, "payloadBase64": encoded},
        ).execute()

    def work(self):
        done = []
        response = self.service.tasks().lease(project="s~legacy-app", taskqueue=self.queue, leaseSecs=90, numTasks=5).execute()  # <- TQM011
        for item in response.get("items", ()):
            done.append(base64.urlsafe_b64decode(item["payloadBase64"]))  # <- TQM025
            self.service.tasks().delete(project="s~legacy-app", taskqueue=self.queue, task=item["id"]).execute()  # <- TQM017
        return done


worker = Worker("photos")
worker.put(b"cat.jpg")
print(worker.work())
print(worker.work())
