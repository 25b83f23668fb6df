"""Commands for whoever runs the bot, beside the running one: it takes up within seconds what they commit."""
