from googleapiclient.discovery import build
service = build("taskqueue", "v1beta2"  # <- TQM901
service.tasks().lease(
