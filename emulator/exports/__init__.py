"""All that a store holds as a file of lines, and back again.

``lines`` turns a store into the lines of ``discovery.jsonl``, and lines into a unit of work;
``shelf`` is where a server keeps such files under names; ``commands`` are those of ``tq-emulator``
that need no server.
"""
