def lease(q):
    print q.lease_tasks(lease_seconds=30, max_tasks=5)  # <- TQM105
