# rewrite: tqsdk compat
from googleapiclient.discovery import build  # <- TQM001


class Base:
    def __init__(self):
        self.tq = build("taskqueue", "v1beta2")  # <- TQM002


class Counter(Base):
    def count(self):
        return self.tq.taskqueues().get(project="s~legacy-app", taskqueue="inh", getStats=True).execute()["stats"]["totalTasks"]  # <- TQM021


print(Counter().count())
