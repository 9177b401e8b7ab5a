"""It says how ``build("taskqueue", "v1beta2")`` was used, and does not.

    service.tasks().lease(project="p", taskqueue="q", numTasks=1, leaseSecs=60)
    https://www.googleapis.com/taskqueue/v1beta2/projects
"""
# build("taskqueue", "v1beta2").tasks().list(project="p", taskqueue="q")
print(len(__doc__))
