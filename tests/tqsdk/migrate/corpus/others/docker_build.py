import docker

client = docker.from_env()
image, logs = client.images.build(path=".", tag="taskqueue:v1beta2")
client.containers.run("taskqueue", detach=True)
