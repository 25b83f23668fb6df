"""Discord's error codes and what they mean.

May import `jobs`; imported by `cogs.messages` and what lies above.
"""
