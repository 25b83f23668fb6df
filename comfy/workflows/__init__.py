"""Workflows, their manifests, and the graphs built from them; pure.

May import `comfy.authoring`, `comfy.graphs` and `comfy.protocol`; imported by `comfy.server` and `comfy.doctor`.
"""
