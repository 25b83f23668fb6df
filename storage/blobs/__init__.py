"""Pictures and clips as files.

Imports nothing of storage; imported by storage only.
"""
