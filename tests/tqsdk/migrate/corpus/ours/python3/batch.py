# rewrite: compat
from googleapiclient.discovery import build  # <- TQM001

service = build("taskqueue", "v1beta2")  # <- TQM002


def stored(request_id, response, exception):
    print(request_id, response["queueName"].split("/")[-1], exception)


batch = service.new_batch_http_request(callback=stored)
for name in ("a", "b"):
    request = service.tasks().insert(project="s~legacy-app", taskqueue="b", body={"queueName": "b", "payloadBase64": "YQ==", "id": name})  # <- TQM010
    batch.add(request, request_id=name)
batch.execute()
