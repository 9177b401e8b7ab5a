from tqsdk import Client

with Client("my-app") as client:
    queue = client.queue("mail")
    queue.insert("x", tag="t")
    with queue.lease(max_tasks=10, seconds=60, tag="t") as leases:
        for lease in leases:
            lease.delete()
