def build(name, version):
    return name + version


service = build("taskqueue", "v1beta2")
print(service.upper())
