from googleapiclient.discovery import build  # <- TQM001
from googleapiclient.http import HttpRequest  # <- TQM001
from googleapiclient.model import JsonModel


class Slow(HttpRequest):
    pass


service = build("taskqueue", "v1beta2", requestBuilder=Slow, model=JsonModel())  # <- TQM002 TQM004
service.tasks().patch(project="p", taskqueue="q", task="t", newLeaseSeconds=10, body={})  # <- TQM015
