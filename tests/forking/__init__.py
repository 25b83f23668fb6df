"""Processes forked from one that has imported what they need: one server for all workers of a test run."""
