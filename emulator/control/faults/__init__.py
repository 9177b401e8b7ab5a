"""Faults: calls that fail because a test wants it so, the same way each time.

A ``rule`` says which calls, how often, and how; ``reading`` reads one as a caller of the control
API spells it. The ``book`` has the rules, counts, and spoils. ``presets`` are rules with a name.
"""

FAULT_HEADER = "x-taskqueue-fault"
"""On an answer that a rule has spoiled: the rule's id."""
