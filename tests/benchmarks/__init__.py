"""How fast we are, as ratios: our server and its peers, side by side on one machine.

``make bench`` runs it; ``docs/performance.md`` says what each row means. Nothing here is a test:
a clock is no judge on a shared machine, and only ratios within one run are worth keeping.
"""
