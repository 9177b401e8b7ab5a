import json
import time
from googleapiclient.discovery import build  # <- TQM001
from googleapiclient.errors import HttpError

service = build("taskqueue", "v1beta2")  # <- TQM002


def lease():
    while True:
        try:
            return service.tasks().lease(project="p", taskqueue="q", numTasks=1, leaseSecs=60).execute()  # <- TQM011
        except HttpError as error:  # <- TQM026
            if json.loads(error.content)["error"]["message"] != "TASK_RATE_LIMITTED":  # <- TQM027
                raise
            time.sleep(1)
