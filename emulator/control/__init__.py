"""The control API, under ``/_emulator/v1/``: what tests do to a server, and see of it.

Its contract is ``discovery/emulator.v1.json``. Each module here serves some of its methods: a
function ``handlers(...)`` gives them by id, as ``emulator.rest.endpoint.Serve``. ``api`` joins
them, and ``gate`` says who may call.
"""
