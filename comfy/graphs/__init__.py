"""A graph of nodes in ComfyUI's API format, and what can be read from it without running it. Pure.

Literals through links, what an output needs, lengths and sizes, the steps that samplers count.
"""
