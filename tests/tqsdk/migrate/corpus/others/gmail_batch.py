from googleapiclient.discovery import build

gmail = build("gmail", "v1")
batch = gmail.new_batch_http_request()
batch.add(gmail.users().messages().list(userId="me"))
batch.execute()
