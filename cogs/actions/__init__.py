"""What people can do, whichever way they ask. May import cogs.messages and what lies below it."""
