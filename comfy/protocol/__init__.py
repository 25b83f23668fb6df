"""ComfyUI's HTTP and websocket protocol: requests, and replies parsed into values.

May import `comfy.errors` and `comfy.printable` only; imported by the rest of comfy.
"""
