"""What tests of queues and their users need. Imports no client.

``history`` judges a record of operations: was anything lost, or held by two at once? ``verify``
makes such a record with a server that it kills again and again; ``process`` is a server to kill.
"""
