from azure.storage.blob import BlobClient

blob = BlobClient("https://x", "taskqueue", "name")
lease = blob.acquire_lease(lease_duration=60)
lease.renew()
lease.release()
