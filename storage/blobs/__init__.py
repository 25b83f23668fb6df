"""Pictures and clips as files. Imports nothing of storage."""
