from googleapiclient.discovery import *  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002
service.tasks().list(project="p", taskqueue="q").execute()  # <- TQM019
