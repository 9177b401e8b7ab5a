from google.cloud import pubsub_v1

subscriber = pubsub_v1.SubscriberClient()
path = subscriber.subscription_path("p", "taskqueue")
response = subscriber.pull(request={"subscription": path, "max_messages": 10})
subscriber.modify_ack_deadline(subscription=path, ack_ids=[], ack_deadline_seconds=0)
