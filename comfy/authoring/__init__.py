"""Make a workflow of a file that somebody has: read it, find what its inputs are, write its manifest.

May import `comfy.graphs` and `comfy.protocol`; imported by `comfy.workflows`.
"""
