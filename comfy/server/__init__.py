"""One ComfyUI server: its connection, its jobs and their events, its availability.

May import `comfy.workflows` and `comfy.protocol`; imported by `comfy.doctor`.
"""
