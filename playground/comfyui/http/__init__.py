"""The endpoints of ComfyUI, HTTP and websocket. Imports execution; only lifecycle imports this."""
