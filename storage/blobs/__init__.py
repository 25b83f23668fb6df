"""Pictures and clips on disk. May import nothing of storage but its errors."""
