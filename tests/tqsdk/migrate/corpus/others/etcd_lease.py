import etcd3

client = etcd3.client()
lease = client.lease(60)
client.put("/taskqueue/x", "1", lease=lease)
lease.refresh()
