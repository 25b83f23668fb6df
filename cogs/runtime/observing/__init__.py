"""What an operator sees of the running bot: log lines, metrics, health. Only here are their libraries."""
