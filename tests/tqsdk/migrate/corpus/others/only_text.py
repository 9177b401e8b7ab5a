print("taskqueue", "lease_tasks", "numTasks")
HELP = "Call tasks().lease(leaseSecs=60) of the taskqueue."
