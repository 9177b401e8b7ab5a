"""The pull queues that Cloud Tasks had are another API."""
from google.cloud import tasks_v2beta2

client = tasks_v2beta2.CloudTasksClient()
client.lease_tasks(parent="projects/p/locations/l/queues/q", lease_duration={"seconds": 60}, max_tasks=1)
client.acknowledge_task(name="t", schedule_time=None)
