import apiclient.discovery as disc, os  # <- TQM001

TQ = disc.build(serviceName='taskqueue', version='v1beta2')  # <- TQM002
R = TQ.tasks().update(project='p', taskqueue='q', task='t', newLeaseSeconds=0, body={})  # <- TQM016
exec "R.execute()"
