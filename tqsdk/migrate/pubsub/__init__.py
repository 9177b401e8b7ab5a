"""Pub/Sub in the place of pull queues, and the way to it and back.

::

    service.py   calls its REST API, or that of the emulator
    messages.py  a record as a message, and a message as a record
    setup.py     makes topics and subscriptions
    target.py    publishes what is moved there
    source.py    pulls what is there, to move it back or to compare it
"""
