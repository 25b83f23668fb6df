"""What the node classes do here instead of what they do on a GPU, by kind."""
