"""A job's life without Discord: options, admission, the worker, runs on servers.

May import `storage`, `comfy` and `media`; imported by `cogs`.
"""
