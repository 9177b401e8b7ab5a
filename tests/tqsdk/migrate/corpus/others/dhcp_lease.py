class Dhcp:
    """Leases of addresses, and a list of tasks."""

    def __init__(self):
        self.tasks = []

    def lease(self, mac, taskqueue=None, leaseSecs=3600):
        self.tasks.append((mac, leaseSecs))
        return self.tasks


numTasks = len(Dhcp().lease("aa:bb", leaseSecs=60))
