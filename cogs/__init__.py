"""Discord: a module directly in here defines exactly one Cog; what cogs share stands in the packages.

May import `jobs`, `storage`, `comfy` and `media`; imported by `cli`. Only `cogs.runtime` imports cogs.
"""
