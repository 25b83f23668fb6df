"""Workflows, their manifests, and the graphs built from them; pure.

May import `comfy.authoring` and what is below it; imported by `comfy.server` and `comfy.doctor`.
"""
