from googleapiclient.discovery import build

service = build("cloudtasks", "v2")
queues = service.projects().locations().queues()
queues.tasks().list(parent="projects/p/locations/l/queues/q").execute()
queues.tasks().create(parent="projects/p/locations/l/queues/q", body={}).execute()
