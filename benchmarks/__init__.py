"""Measurements: each is `python -m benchmarks.NAME [--quick]` and ends with one line of JSON."""
