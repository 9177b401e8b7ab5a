class Project:
    def tasks(self):
        return self

    def list(self, **filters):
        return []

    def insert(self, body):
        return body


project = Project()
project.tasks().list(done=True)
project.tasks().insert(body={"taskqueue": "no"})
