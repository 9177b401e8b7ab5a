"""What can go wrong with a measurement.

::

    BenchmarkError
    |- AbsentError    the machine lacks something; the row is skipped with the reason
    |- BusyError      another run has the folder
    `- SpoiledError   it ran, but what it measured is not what was meant
"""

from __future__ import annotations


class BenchmarkError(Exception):
    """A measurement that could not be made."""


class AbsentError(BenchmarkError):
    """A program that the measurement needs is not on this machine; says how to get it."""


class BusyError(BenchmarkError):
    """Another run measures in the same folder: neither would measure anything of worth."""


class SpoiledError(BenchmarkError):
    """A peer did not start, answered with errors, or ran out of work."""
