"""Checks of a ComfyUI server, with the fix for each that fails.

May import the rest of comfy; imported by `comfy` itself only.
"""
