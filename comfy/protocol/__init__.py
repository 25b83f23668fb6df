"""ComfyUI's HTTP and websocket protocol: requests, and replies parsed into values.

May import `comfy.errors`, and no other package of comfy.
"""
