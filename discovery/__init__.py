"""The ground both houses stand on: what the client and the server agree on.

Modules:
    contract: The discovery documents, typed and read-only. Start here.
    formats: How each type is spelled in a URL and in JSON.
    wire_types: The bodies as TypedDicts; derived from the document by ``derive``, never edited.
    service_types: The methods as google-api-python-client offers them; derived likewise.
    queue_files: Reads Google's queue.yaml and queue.xml. ``queue_yaml`` and ``queue_xml`` turn
        the text into a ``queue_tree``, and ``queue_definitions`` knows what the tree means.
    jsonl: The file format of exports; ``jsonl_lines`` has its lines as values.
    identity: Whether the other top-level modules are ours, or a stranger's of the same name.

The JSON files are Google's documents, byte for byte; README.md says where they come from.
This package imports nothing of ours, and nothing at all until one of its modules is asked for.
"""
