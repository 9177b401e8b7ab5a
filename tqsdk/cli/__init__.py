"""The command line ``tq``: everything that the client does, for shells.

``root`` is the command, ``session`` what its options chose; ``tasks``, ``queues``, ``drain`` and
``call`` are what users type. ``records`` is the JSON that goes in and out, ``sources`` where input
comes from, ``output`` where results go, ``failures`` how each failure ends.
"""
