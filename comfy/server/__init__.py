"""One ComfyUI server: connection, jobs, events, availability.

May import `comfy.workflows` and `comfy.protocol`.
"""
