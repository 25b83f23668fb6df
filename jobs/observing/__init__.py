"""What an operator learns about jobs: whose lines are logged, how busy the GPUs are, which servers are away."""
