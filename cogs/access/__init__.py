"""Who may do what where. May import jobs."""
