"""Who may do what where.

May import `jobs`; imported by `cogs.actions` and what lies above.
"""
