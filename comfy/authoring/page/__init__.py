"""The format in which ComfyUI's web page saves a workflow, and its conversion as the page itself does it.

May import `comfy.graphs` and what is below it; imported by `comfy.authoring.reading`.
"""
