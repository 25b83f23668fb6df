"""Which job a server takes next, and when a job will start and end. Pure."""
