"""Discord: a module directly in here defines exactly one Cog; what cogs share stands in the packages.

May import `jobs`, `storage`, `comfy` and `media`; imported by `cli`. Cogs are imported by `cogs.runtime` only.
"""
