"""What people can do by command, button, modal or reaction.

May import `cogs.messages` and what lies below; imported by cogs and `cogs.runtime`.
"""
