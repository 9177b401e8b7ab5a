"""The wire, and nothing but the wire: Google's JSON over HTTP on one side, the engine on the other.

One front door, ``door.Door``: a request goes through ``routes`` (which method is it), ``parse``
(what does it say), ``methods`` (what is to be done) and ``render`` (what is answered); refusals
through ``errors``. Routes, parameters and types come from the contract in ``discovery``. Nothing
here knows a web framework or a store, and nothing here waits.
"""
