# rewrite: tqsdk compat
import base64
from googleapiclient.discovery import build  # <- TQM001


class Mailer:
    _service = None

    @property
    def service(self):
        if self._service is None:
            self._service = build("taskqueue", "v1beta2")  # <- TQM002
        return self._service

    def send(self, letter):
        self.service.tasks().insert(project="s~legacy-app", taskqueue="pr", body={"queueName": "pr", "payloadBase64": base64.b64encode(letter.encode()).decode()}).execute()  # <- TQM010


Mailer().send("hello")
print("sent")
