"""A job's messages in Discord: status, result, short replies.

May import `cogs.discord_api`, `cogs.ui` and what lies below; imported by `cogs.actions` and what lies above.
"""
