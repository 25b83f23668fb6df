"""What operators learn about jobs: whose lines are logged, how busy GPUs are, which servers are away."""
