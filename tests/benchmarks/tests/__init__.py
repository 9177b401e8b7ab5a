"""That the benchmark itself does not rot."""
