"""What an operator sees of the running bot: log lines, metrics, health. Nothing else imports their libraries."""
