import boto3

queue = boto3.resource("sqs").get_queue_by_name(QueueName="taskqueue")
for message in queue.receive_messages(MaxNumberOfMessages=10, VisibilityTimeout=60):
    message.change_visibility(VisibilityTimeout=0)
    message.delete()
